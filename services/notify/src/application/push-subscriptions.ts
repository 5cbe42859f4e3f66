import { type EventBody, handleCommand } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyPushSubject } from '@beseda/proto'
import { type PushDevice, type Subscription, subscribe, unsubscribe } from '../domain/devices/push-device.js'
import type { People, PushDeviceStore, PushGateway, SessionKey } from './ports.js'

/**
 * How long a session that was alive is not asked about again. Longer: a session that ended while no replica listened is pushed to for
 * longer; shorter: identity is asked more often.
 */
const ALIVE_MS = 60_000
const PAGE = 500
/** Devices of one person; another one replaces the oldest, and of those subscribed at once the newest count. More, and one member's devices would fill the queue of all. */
const MAX_DEVICES = 20
const TIMEOUT_MS = 10_000

/** Devices that are reached when nobody looks at them; each is forgotten with its session. */
export class PushSubscriptions {
  /** Sessions that were alive, until when that counts. */
  readonly #alive = new Map<string, number>()

  constructor(
    private readonly history: GroupHistory,
    private readonly store: PushDeviceStore,
    private readonly people: Pick<People, 'endedSessions'>,
    private readonly gateway: PushGateway,
  ) {}

  /** Errors: PUSH_ENDPOINT_REFUSED. */
  async subscribe(sessionId: string, wanted: Subscription, caller: Caller): Promise<void> {
    this.gateway.requireAllowed(wanted.endpoint)
    // An address gets each notification once, of one account: an older session on it, also of another account, is unsubscribed.
    const replaced = this.store.at(wanted.endpoint).filter((device) => device.sessionId !== sessionId)
    const others = this.store
      .of(caller.userId)
      .filter((device) => device.sessionId !== sessionId && device.endpoint !== wanted.endpoint)
    await this.end([...replaced, ...others.slice(MAX_DEVICES - 1)])
    await this.#run(caller, sessionId, (present) => subscribe(wanted, present))
  }

  async unsubscribe(sessionId: string, caller: Caller): Promise<void> {
    await this.#run(caller, sessionId, unsubscribe)
  }

  find(userId: string, sessionId: string): PushDevice | undefined {
    const { state } = this.store.session(userId, sessionId)
    return state && { userId, sessionId, ...state }
  }

  /** The devices of these people whose sessions are alive. Devices of ended sessions are unsubscribed. */
  async living(userIds: readonly string[], now: number): Promise<readonly PushDevice[]> {
    return this.#onlyLiving(
      userIds.flatMap((userId) => this.store.of(userId).slice(0, MAX_DEVICES)),
      now,
    )
  }

  /** Unsubscribes devices: their sessions have ended, or their push services no longer know them. */
  async end(sessions: readonly SessionKey[]): Promise<void> {
    for (const { userId, sessionId } of sessions) {
      this.#alive.delete(sessionId)
      if (!this.find(userId, sessionId)) continue
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      await this.unsubscribe(sessionId, { userId, commandId: newId(), now: new Date(), traceparent: undefined, signal })
    }
  }

  /** Unsubscribes all devices of a person. */
  async endAll(userId: string): Promise<void> {
    await this.end(this.store.of(userId))
  }

  /** Unsubscribes devices whose sessions ended while no replica listened. */
  async sweep(now: number): Promise<void> {
    // Other replicas may have unsubscribed them: nobody would ask about them again.
    for (const [sessionId, until] of this.#alive) if (until <= now) this.#alive.delete(sessionId)
    for (let last: SessionKey | undefined; ; ) {
      const page = this.store.page(last, PAGE)
      await this.#onlyLiving(page, now)
      last = page.at(-1)
      if (page.length < PAGE) return
    }
  }

  async #onlyLiving(devices: readonly PushDevice[], now: number): Promise<readonly PushDevice[]> {
    const unknown = devices.filter(({ sessionId }) => (this.#alive.get(sessionId) ?? 0) <= now)
    const asked = unknown.map(({ userId, sessionId }) => ({ userId, sessionId }))
    const ended = asked.length === 0 ? [] : await this.people.endedSessions(asked)
    const dead = new Set(ended.map(({ sessionId }) => sessionId))
    for (const { sessionId } of unknown) if (!dead.has(sessionId)) this.#alive.set(sessionId, now + ALIVE_MS)
    await this.end(ended)
    return devices.filter(({ sessionId }) => !dead.has(sessionId))
  }

  async #run(
    caller: Caller,
    sessionId: string,
    decide: (present: Subscription | undefined) => readonly EventBody[],
  ): Promise<void> {
    const { userId } = caller
    const subject = notifyPushSubject(userId, sessionId)
    await handleCommand<Subscription | undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: subject,
      stream: NOTIFY_STREAM,
      subject,
      load: () => this.store.session(userId, sessionId),
      decide,
    })
  }
}
