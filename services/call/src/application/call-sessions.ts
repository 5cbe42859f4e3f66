import { Refusal } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { CallChange } from '../domain/call-change.js'
import type { EventBody } from '../domain/events.js'
import { type CallSession, participantOf } from '../domain/session.js'
import { stepsOf } from '../domain/steps.js'
import type { CallDocuments, CallLog, CallNotices, CallObserver, PersonalCalls } from './ports.js'
import type { SfuRooms } from './sfu-rooms.js'

/** A session after a change, and before it. */
export interface Outcome {
  readonly session: CallSession
  readonly before: CallSession | undefined
}

/** The one way in which a session changes: every change reaches the log, the devices and the index. */
export class CallSessions {
  constructor(
    private readonly documents: CallDocuments,
    private readonly personal: PersonalCalls,
    private readonly log: CallLog,
    private readonly notices: CallNotices,
    private readonly observer: CallObserver,
    private readonly rooms: Pick<SfuRooms, 'follow'>,
  ) {}

  async find(groupId: string): Promise<CallSession | undefined> {
    return (await this.documents.get(groupId))?.session
  }

  async findMany(groupIds: readonly string[]): Promise<readonly (CallSession | undefined)[]> {
    return (await this.documents.getMany(groupIds)).map((document) => document?.session)
  }

  /** The group in whose call a person is, or was. */
  async groupOf(userId: string): Promise<string | undefined> {
    return (await this.personal.find([userId]))[0]
  }

  /** Of these people those who are in the call of another group. */
  async inOtherCalls(userIds: readonly string[], groupId: string): Promise<readonly string[]> {
    const groupIds = await this.personal.find(userIds)
    const elsewhere = userIds.flatMap((userId, i) => {
      const other = groupIds[i]
      return other !== undefined && other !== groupId ? [{ userId, other }] : []
    })
    const sessions = await this.findMany(elsewhere.map(({ other }) => other))
    return elsewhere.filter(({ userId }, i) => isIn(sessions[i], userId)).map(({ userId }) => userId)
  }

  /** Errors: those of `decide`, which runs again when somebody else has changed the session meanwhile. */
  async change(
    groupId: string,
    now: number,
    decide: (session: CallSession | undefined) => CallChange,
  ): Promise<Outcome> {
    const { document, result } = await this.documents.update(groupId, (document) => {
      const before = document?.session
      const { session, events } = decide(before)
      if (session === before) return { document, result: { session, before, events: [] } }
      const pending = [...(document?.pending ?? [])]
      if (events.length > 0) pending.push(this.log.encode(session, events, now))
      return { document: { session, pending }, result: { session, before, events } }
    })
    await this.#follow(groupId, now, result)
    if ((document?.pending.length ?? 0) > 0) await this.#writePending(groupId)
    return result
  }

  /** False: the group has no session, or the change was refused. */
  async changeIfPresent(groupId: string, now: number, decide: (session: CallSession) => CallChange): Promise<boolean> {
    if (!(await this.documents.get(groupId))) return false
    try {
      await this.change(groupId, now, (session) => {
        if (!session) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
        return decide(session)
      })
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }

  async #follow(
    groupId: string,
    now: number,
    { session, before, events }: Outcome & { readonly events: readonly EventBody[] },
  ): Promise<void> {
    for (const step of stepsOf(before, session, events)) this.observer.happened(step, session)
    if (!isNews(session, before)) return
    this.notices.changed(session)
    const present = new Set(peopleIn(session))
    const gone = before ? peopleIn(before).filter((userId) => !present.has(userId)) : []
    await Promise.all([
      this.personal.enter([...present], groupId),
      ...gone.map((userId) => this.personal.leave(userId, groupId)),
      this.rooms.follow(before, session, now),
    ])
  }

  /** Appends the pending commits in order, each once. What the log does not take now is left to the next sweep. */
  async #writePending(groupId: string): Promise<void> {
    try {
      for (;;) {
        const entry = (await this.documents.get(groupId))?.pending[0]
        if (entry === undefined) return
        await this.log.append(groupId, entry)
        await this.documents.update(groupId, (document) => {
          const first = document?.pending[0]
          const isStillFirst = first !== undefined && isSameEntry(first, entry)
          const rest = document && isStillFirst ? { ...document, pending: document.pending.slice(1) } : document
          return { document: rest, result: undefined }
        })
      }
    } catch (error) {
      this.observer.logFailed(error)
    }
  }
}

/** Others see something new: another call, or another revision. */
const isNews = (session: CallSession, before: CallSession | undefined): boolean =>
  session.id !== before?.id || session.revision !== before.revision

const peopleIn = ({ participants, away }: CallSession): string[] =>
  [...participants, ...away].map(({ userId }) => userId)

const isIn = (session: CallSession | undefined, userId: string): boolean =>
  session !== undefined && session.state !== CallState.ENDED && participantOf(session, userId) !== undefined

const isSameEntry = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
