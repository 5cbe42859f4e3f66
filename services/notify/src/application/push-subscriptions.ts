import { handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyPushSubject } from '@beseda/proto'
import { type PushSubscribed, PushSubscribedSchema, PushUnsubscribedSchema } from '@beseda/proto/notify/v1/events'
import { create, equals } from '@bufbuild/protobuf'
import { allPushes, type PushRow, pushesAt, pushesOf, pushRow } from '../projections/queries.js'
import type { People, PushGateway, SessionKey } from './ports.js'

/** How long a session that was alive is taken to be alive still: so late is noticed that it has ended while nobody listened. */
const ALIVE_MS = 60_000
const PAGE = 500
/** Devices of one person; a further one takes the place of the oldest. More, and one member would fill the queue of all. */
const MAX_DEVICES = 20

/** Devices that are reached when they are away; each lives as long as its session. */
export class Subscriptions {
  readonly #alive = new Map<string, number>()

  constructor(
    private readonly history: GroupHistory,
    private readonly people: Pick<People, 'endedSessions'>,
    private readonly gateway: PushGateway,
  ) {}

  /** Errors: PUSH_ENDPOINT_REFUSED. */
  async subscribe(sessionId: string, wanted: PushSubscribed, caller: Caller): Promise<void> {
    this.gateway.requireAllowed(wanted.endpoint)
    const { view } = this.history
    // Another account on the same browser, or an older session of this one: one place is told once, and of nobody else.
    const replaced = pushesAt(view, wanted.endpoint).filter(({ session_id }) => session_id !== sessionId)
    const others = pushesOf(view, caller.userId).filter(
      ({ session_id, endpoint }) => session_id !== sessionId && endpoint !== wanted.endpoint,
    )
    const beyond = others.sort((a, b) => b.seq - a.seq).slice(MAX_DEVICES - 1)
    await this.end([...replaced, ...beyond].map(keyOf))
    await this.#run(caller, sessionId, (present) =>
      present && equals(PushSubscribedSchema, eventOf(present), wanted)
        ? []
        : [{ case: 'pushSubscribed', value: wanted }],
    )
  }

  async unsubscribe(sessionId: string, caller: Caller): Promise<void> {
    await this.#run(caller, sessionId, (present) =>
      present?.endpoint ? [{ case: 'pushUnsubscribed', value: create(PushUnsubscribedSchema) }] : [],
    )
  }

  find(userId: string, sessionId: string): PushRow | undefined {
    const row = pushRow(this.history.view, userId, sessionId)
    return row?.endpoint ? row : undefined
  }

  /** Devices of people whose sessions live. Those of dead ones are forgotten. */
  async living(userIds: readonly string[], now: number): Promise<readonly PushRow[]> {
    return this.#onlyLiving(
      userIds.flatMap((userId) => pushesOf(this.history.view, userId)),
      now,
    )
  }

  /** Sessions are over, or push services do not know the devices any more. */
  async end(sessions: readonly SessionKey[]): Promise<void> {
    for (const { userId, sessionId } of sessions) {
      this.#alive.delete(sessionId)
      if (!this.find(userId, sessionId)) continue
      const signal = AbortSignal.timeout(10_000)
      await this.unsubscribe(sessionId, { userId, commandId: newId(), now: new Date(), traceparent: undefined, signal })
    }
  }

  /** Forgets devices whose sessions have ended while nobody listened. */
  async sweep(now: number): Promise<void> {
    // Most were ended by other replicas: nobody asks about them any more.
    for (const [sessionId, until] of this.#alive) if (until <= now) this.#alive.delete(sessionId)
    for (let last: PushRow | undefined; ; ) {
      const page = allPushes(this.history.view, last, PAGE)
      await this.#onlyLiving(page, now)
      last = page.at(-1)
      if (page.length < PAGE) return
    }
  }

  async #onlyLiving(rows: readonly PushRow[], now: number): Promise<readonly PushRow[]> {
    const unknown = rows.filter(({ session_id }) => (this.#alive.get(session_id) ?? 0) <= now)
    const ended = unknown.length === 0 ? [] : await this.people.endedSessions(unknown.map(keyOf))
    const dead = new Set(ended.map(({ sessionId }) => sessionId))
    for (const { session_id } of unknown) if (!dead.has(session_id)) this.#alive.set(session_id, now + ALIVE_MS)
    await this.end(ended)
    return rows.filter(({ session_id }) => !dead.has(session_id))
  }

  async #run(
    caller: Caller,
    sessionId: string,
    decide: Parameters<typeof handleCommand<PushRow | undefined>>[1]['decide'],
  ): Promise<void> {
    const { userId } = caller
    const subject = notifyPushSubject(userId, sessionId)
    await handleCommand<PushRow | undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: subject,
      stream: NOTIFY_STREAM,
      subject,
      load: () => {
        const row = pushRow(this.history.view, userId, sessionId)
        return { state: row, lastSeq: row?.seq ?? 0 }
      },
      decide,
    })
  }
}

const keyOf = ({ user_id, session_id }: PushRow): SessionKey => ({ userId: user_id, sessionId: session_id })

const eventOf = ({ device_id, endpoint, p256dh, auth, locale }: PushRow): PushSubscribed =>
  create(PushSubscribedSchema, { deviceId: device_id, endpoint, p256dh, auth, locale })
