import { Refusal } from '@beseda/kernel'
import type { RedisDeadlines, RedisDocuments } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { mayDo, permit } from '@beseda/rules'
import * as domain from '../domain/call.js'
import { recover } from '../domain/recovery.js'
import { type CallSession, type Device, live, MAX_CALL_MS, nextDeadline, participantOf } from '../domain/session.js'
import type { CallDocument } from './document.js'
import type { CallHistory } from './history.js'
import type { CallNotices } from './notices.js'
import type { Members, Membership, PersonalCalls } from './ports.js'

/** Others in a group that is rung: more, and a call would be an alarm. */
const RING_LIMIT = 24
/** Sessions of one request to Redis. */
const CHUNK = 500

export interface CallRequest {
  readonly id: string
  readonly groupId: string
  readonly video: boolean
  readonly ring: boolean
}

/** A session after a change, and what it was before. */
export interface Outcome {
  readonly session: CallSession
  readonly before: CallSession | undefined
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
    private readonly ringMs: number,
  ) {}

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED, BLOCKED, CALL_BUSY; those of {@link domain.join} when there is a call. */
  async start(request: CallRequest, device: Device, now: number, signal: AbortSignal): Promise<CallSession> {
    const { id, groupId, video } = request
    const membership = await this.#member(groupId, device.userId, signal)
    permit(Permission.START_CALL, membership, membership.role)
    const direct = membership.kind === GroupKind.DIRECT
    const inviteeIds = await this.#invitees(request, membership, device.userId, signal)
    const [[busyIds]] = await Promise.all([
      Promise.all([this.#busy(inviteeIds, groupId), this.#refuseBusy(device.userId, groupId)]),
      this.#resolveLost(groupId, direct, now),
    ])
    const call = { id, groupId, direct, video, inviteeIds, busyIds, ringMs: this.ringMs }
    const { session } = await this.#change(groupId, now, (before) => domain.start(before, call, device, now))
    return session
  }

  /** Errors: NOT_A_MEMBER, BLOCKED, CALL_BUSY; those of {@link domain.join}. */
  async join(
    groupId: string,
    callId: string,
    device: Device,
    options: { readonly move: boolean },
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    const membership = await this.#member(groupId, device.userId, signal)
    const [lost] = await Promise.all([
      this.#lost(groupId, membership.kind === GroupKind.DIRECT, now),
      this.#refuseBusy(device.userId, groupId),
    ])
    const decide = (before = lost) => domain.join(before, callId, device, options, now)
    return (await this.#change(groupId, now, decide)).session
  }

  /** Needs no membership, as {@link leave}: saying no is always allowed. */
  async decline(groupId: string, callId: string, device: Device, now: number): Promise<CallSession> {
    return (await this.#change(groupId, now, (before) => domain.decline(before, callId, device, now))).session
  }

  /** Needs no membership: who was removed may always leave. */
  async leave(groupId: string, callId: string, device: Device, now: number): Promise<CallSession> {
    return (await this.#change(groupId, now, (before) => domain.leave(before, callId, device, now))).session
  }

  /** Errors: NOT_A_MEMBER and BLOCKED, which put the participant out; those of {@link domain.renew}. */
  async renew(
    groupId: string,
    callId: string,
    device: Device,
    knownRevision: number,
    now: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const membership = await this.#member(groupId, device.userId, signal).catch(async (error: unknown) => {
      if (error instanceof Refusal) await this.remove(groupId, device.userId, now)
      throw error
    })
    const lost = await this.#lost(groupId, membership.kind === GroupKind.DIRECT, now)
    const decide = (before = lost) => domain.renew(before, callId, device, knownRevision, now)
    return this.#change(groupId, now, decide)
  }

  /** Calls that go on or ring in the person's groups. */
  async of(userId: string, signal: AbortSignal): Promise<CallSession[]> {
    const groupIds = await this.members.groupsOf(userId, signal)
    const found: CallSession[] = []
    for (let at = 0; at < groupIds.length; at += CHUNK) {
      const documents = await this.sessions.getMany(groupIds.slice(at, at + CHUNK))
      found.push(...documents.flatMap((document) => document?.session ?? []))
    }
    return found.filter(({ state }) => state !== CallState.ENDED)
  }

  /** Devices that may signal in a call; none: there is no such call. */
  async devices(groupId: string, callId: string): Promise<readonly Device[]> {
    const session = (await this.sessions.get(groupId))?.session
    if (session?.id !== callId || session.state === CallState.ENDED) return []
    return [...session.participants, ...session.away].filter(({ deviceId }) => deviceId !== '')
  }

  /**
   * Asks people to mute their microphones: one, or all others whom the caller may mute. Errors: NOT_A_MEMBER,
   * NOT_PERMITTED, CALL_NOT_FOUND, CALL_ENDED, NOT_IN_CALL.
   */
  async mute(groupId: string, callId: string, byUserId: string, userId: string, signal: AbortSignal): Promise<void> {
    const membership = await this.#member(groupId, byUserId, signal)
    permit(Permission.MUTE_MEMBERS, membership, membership.role)
    const session = live((await this.sessions.get(groupId))?.session, callId)
    const others = session.participants.filter((participant) => participant.userId !== byUserId)
    if (userId === '') {
      await Promise.all(
        others.map(async (other) => {
          const may = await this.#mayAct(Permission.MUTE_MEMBERS, membership, groupId, other.userId, signal)
          if (may) this.notices.muteRequested(session, other.userId, byUserId)
        }),
      )
      return
    }
    if (!participantOf(session, userId)) throw new Refusal(ErrorReason.NOT_IN_CALL)
    await this.#requireRank(Permission.MUTE_MEMBERS, membership, groupId, userId, signal)
    this.notices.muteRequested(session, userId, byUserId)
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED, CALL_NOT_FOUND, CALL_ENDED. */
  async expel(
    groupId: string,
    callId: string,
    byUserId: string,
    userId: string,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const membership = await this.#member(groupId, byUserId, signal)
    await this.#requireRank(Permission.REMOVE_MEMBERS, membership, groupId, userId, signal)
    await this.#change(groupId, now, (before) => domain.remove(live(before, callId), userId, now))
  }

  /** Somebody is a member no more. */
  async remove(groupId: string, userId: string, now: number): Promise<void> {
    await this.#ifPresent(groupId, now, (session) => domain.remove(session, userId, now))
  }

  /** The group is no more. */
  async close(groupId: string, now: number): Promise<void> {
    await this.#ifPresent(groupId, now, (session) => domain.close(session, CallEndReason.HANG_UP, now))
  }

  /** Does what time does, and writes what a crashed process has left unwritten. */
  async sweep(now: number): Promise<void> {
    for (const groupId of await this.deadlines.due(now)) {
      const found = await this.#ifPresent(groupId, now, (session) => domain.expire(session, now))
      if (!found) await this.deadlines.set(groupId, undefined)
    }
  }

  async #ifPresent(groupId: string, now: number, decide: (session: CallSession) => domain.CallChange) {
    if (!(await this.sessions.get(groupId))) return false
    try {
      await this.#change(groupId, now, (session) => {
        if (!session) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
        return decide(session)
      })
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }

  async #change(
    groupId: string,
    now: number,
    decide: (session: CallSession | undefined) => domain.CallChange,
  ): Promise<Outcome> {
    const { document, result } = await this.sessions.update(groupId, (document) => {
      const before = document?.session
      const { session, events } = decide(before)
      if (session === before) return { document, result: { session, before } }
      const pending = [...(document?.pending ?? [])]
      if (events.length > 0) pending.push(this.history.entry(session, events, now))
      return { document: { session, pending }, result: { session, before } }
    })
    const { session, before } = result
    if (isNews(session, before)) {
      this.notices.changed(session)
      await this.#index(groupId, before, session)
    }
    const left = (document?.pending.length ?? 0) > 0 && !(await this.history.flush(groupId, this.sessions))
    // What could not be written is tried again by the next sweep.
    await this.deadlines.set(groupId, left ? now : nextDeadline(session))
    return result
  }

  async #index(groupId: string, before: CallSession | undefined, session: CallSession): Promise<void> {
    const present = new Set(peopleIn(session))
    const gone = before ? peopleIn(before).filter((userId) => !present.has(userId)) : []
    await Promise.all([
      this.personal.enter([...present], groupId),
      ...gone.map((userId) => this.personal.leave(userId, groupId)),
    ])
  }

  async #member(groupId: string, userId: string, signal: AbortSignal): Promise<Membership> {
    const membership = await this.members.membership(groupId, userId, signal)
    if (membership.blocked) throw new Refusal(ErrorReason.BLOCKED)
    return membership
  }

  async #invitees(
    { groupId, ring }: CallRequest,
    { kind, peerId }: Membership,
    callerId: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (kind === GroupKind.DIRECT) {
      if (peerId === undefined) throw new Refusal(ErrorReason.NOT_PERMITTED)
      return [peerId]
    }
    return ring && kind === GroupKind.GROUP ? this.members.callees(groupId, callerId, RING_LIMIT, signal) : []
  }

  /** Those who are in the call of another group. */
  async #busy(userIds: readonly string[], groupId: string): Promise<readonly string[]> {
    const places = await this.personal.find(userIds)
    const elsewhere = userIds.flatMap((userId, i) => {
      const place = places[i]
      return place !== undefined && place !== groupId ? [{ userId, place }] : []
    })
    const documents = await this.sessions.getMany(elsewhere.map(({ place }) => place))
    return elsewhere.filter(({ userId }, i) => isIn(documents[i]?.session, userId)).map(({ userId }) => userId)
  }

  async #refuseBusy(userId: string, groupId: string): Promise<void> {
    if ((await this.#busy([userId], groupId)).length > 0) throw new Refusal(ErrorReason.CALL_BUSY)
  }

  async #requireRank(permission: Permission, mine: Membership, groupId: string, userId: string, signal: AbortSignal) {
    permit(permission, mine, mine.role)
    if (!(await this.#mayAct(permission, mine, groupId, userId, signal))) throw new Refusal(ErrorReason.NOT_PERMITTED)
  }

  async #mayAct(permission: Permission, mine: Membership, groupId: string, userId: string, signal: AbortSignal) {
    const target = await this.members.membership(groupId, userId, signal).catch((error: unknown) => {
      // Who is a member no more is below everybody.
      if (error instanceof Refusal) return { role: undefined }
      throw error
    })
    return mayDo(permission, mine, mine.role, target)
  }

  /** The group's call as the log tells it, when Redis has nothing: it was emptied in the middle of a call. */
  async #lost(groupId: string, direct: boolean, now: number): Promise<CallSession | undefined> {
    if (await this.sessions.get(groupId)) return undefined
    return recover(groupId, direct, await this.history.unfinished(groupId), this.ringMs, now)
  }

  /**
   * Before a new call: one that Redis has lost is taken up again when others may still be in it, or ended. In a direct chat
   * whoever calls is not in a call any more.
   */
  async #resolveLost(groupId: string, direct: boolean, now: number): Promise<void> {
    const lost = await this.#lost(groupId, direct, now)
    if (!lost) return
    const isOver = direct || lost.startedAt + MAX_CALL_MS <= now
    await this.#change(groupId, now, (session) => {
      if (session) return { session, events: [] }
      return isOver ? domain.close(lost, CallEndReason.LOST, now) : { session: lost, events: [] }
    })
  }
}

/** Something that others see: another call, or another revision. */
const isNews = (session: CallSession, before: CallSession | undefined): boolean =>
  session.id !== before?.id || session.revision !== before.revision

const peopleIn = ({ participants, away }: CallSession): string[] =>
  [...participants, ...away].map(({ userId }) => userId)

const isIn = (session: CallSession | undefined, userId: string): boolean =>
  session !== undefined && session.state !== CallState.ENDED && participantOf(session, userId) !== undefined
