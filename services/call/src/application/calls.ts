import { Refusal } from '@beseda/kernel'
import type { RedisDeadlines, RedisDocuments } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { CallSession, Device } from '../domain/call.js'
import * as domain from '../domain/call.js'
import type { CallDocument, CallHistory } from './history.js'
import type { CallNotices } from './notices.js'

/** Who may call whom. */
export interface Members {
  /** The people of a direct chat when the person is one of them. Errors: NOT_A_MEMBER. */
  directChat(
    groupId: string,
    userId: string,
    signal: AbortSignal,
  ): Promise<{ kind: GroupKind; userIds: readonly string[] }>
}

/** In which calls a person is or is rung: an index, checked against the sessions whenever it is read. */
export interface PersonalCalls {
  add(userId: string, groupId: string): Promise<void>
  remove(userId: string, groupId: string): Promise<void>
  list(userId: string): Promise<readonly string[]>
}

/** Call sessions, one a group at a time: every change goes to the history and to everybody's devices. */
export class Calls {
  constructor(
    private readonly sessions: RedisDocuments<CallDocument>,
    private readonly deadlines: RedisDeadlines,
    private readonly personal: PersonalCalls,
    private readonly members: Members,
    private readonly history: CallHistory,
    private readonly notices: CallNotices,
  ) {}

  async start(
    call: { readonly id: string; readonly groupId: string; readonly video: boolean },
    device: Device,
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    const calleeId = await this.#other(call.groupId, device.userId, signal)
    const busy = (await this.of(calleeId)).some((other) => other.groupId !== call.groupId && isIn(other, calleeId))
    return this.#change(call.groupId, now, (session) => domain.start(session, { ...call, calleeId, busy }, device, now))
  }

  async accept(
    groupId: string,
    callId: string,
    device: Device,
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    await this.#other(groupId, device.userId, signal)
    return this.#change(groupId, now, (session) => domain.accept(session, callId, device, now))
  }

  async decline(
    groupId: string,
    callId: string,
    device: Device,
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    await this.#other(groupId, device.userId, signal)
    return this.#change(groupId, now, (session) => domain.decline(session, callId, device, now))
  }

  /** Needs no membership: who was removed may always leave. */
  leave(groupId: string, callId: string, device: Device, now: number): Promise<CallSession> {
    return this.#change(groupId, now, (session) => domain.leave(session, callId, device, now))
  }

  async renew(groupId: string, callId: string, device: Device, now: number, signal: AbortSignal): Promise<CallSession> {
    await this.#other(groupId, device.userId, signal)
    return this.#change(groupId, now, (session) => domain.renew(session, callId, device, now))
  }

  /** Calls that the person is in or that ring at the person's. */
  async of(userId: string): Promise<CallSession[]> {
    const groupIds = await this.personal.list(userId)
    const documents = await this.sessions.getMany(groupIds)
    const live = documents.flatMap((document) => document?.session ?? [])
    return live.filter(
      (session) => session.state !== CallState.ENDED && (session.callerId === userId || session.calleeId === userId),
    )
  }

  /** Does what time does, and writes what a crashed process has left unwritten. */
  async sweep(now: number): Promise<void> {
    for (const groupId of await this.deadlines.due(now)) {
      await this.#change(groupId, now, (session) => {
        if (!session) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
        return domain.expire(session, now)
      }).catch(async (error: unknown) => {
        if (!(error instanceof Refusal)) throw error
        await this.deadlines.set(groupId, undefined)
      })
    }
  }

  async #change(
    groupId: string,
    now: number,
    decide: (session: CallSession | undefined) => domain.CallChange,
  ): Promise<CallSession> {
    const { document, result } = await this.sessions.update(groupId, (before) => {
      const { session, events } = decide(before?.session)
      const changed =
        before?.session === undefined ||
        session.revision !== before.session.revision ||
        session.id !== before.session.id
      if (session === before?.session) return { document: before, result: { session, changed: false } }
      const pending = [...(before?.pending ?? [])]
      if (events.length > 0) pending.push(this.history.entry(session, events, now))
      return { document: { session, pending }, result: { session, changed } }
    })
    const { session, changed } = result
    if (changed) {
      const update = session.state === CallState.ENDED ? 'remove' : 'add'
      await Promise.all([session.callerId, session.calleeId].map((userId) => this.personal[update](userId, groupId)))
      this.notices.changed(session)
    }
    const left = (document?.pending.length ?? 0) > 0 && !(await this.history.flush(groupId, this.sessions))
    // What could not be written is tried again by the next sweep.
    await this.deadlines.set(groupId, left ? now : domain.nextDeadline(session))
    return session
  }

  async #other(groupId: string, userId: string, signal: AbortSignal): Promise<string> {
    const { kind, userIds } = await this.members.directChat(groupId, userId, signal)
    const other = userIds.find((candidate) => candidate !== userId)
    if (kind !== GroupKind.DIRECT || other === undefined) throw new Refusal(ErrorReason.NOT_PERMITTED)
    return other
  }
}

const isIn = (session: CallSession, userId: string): boolean =>
  session.participants.some((participant) => participant.userId === userId)
