import { newId, Refusal } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { EventStoreCallLog } from '../call/src/adapters/log/call-log.js'
import { CallCommands } from '../call/src/application/call-commands.js'
import { CallKeys } from '../call/src/application/call-keys.js'
import { CallModeration } from '../call/src/application/call-moderation.js'
import { CallQueries } from '../call/src/application/call-queries.js'
import { CallSessions } from '../call/src/application/call-sessions.js'
import { CallUpkeep } from '../call/src/application/call-upkeep.js'
import { LostCalls } from '../call/src/application/lost-calls.js'
import {
  type CallDocument,
  type CallDocuments,
  type CallNotices,
  type CallObserver,
  type CallRoom,
  type DocumentChange,
  dueAtOf,
  type KeyCommit,
  type LeftRoom,
  type Members,
  type PersonalCalls,
  type Sfu,
  type SfuCalls,
} from '../call/src/application/ports.js'
import { SfuRooms } from '../call/src/application/sfu-rooms.js'
import { SfuUpkeep } from '../call/src/application/sfu-upkeep.js'
import { CALL_LIMIT, type CallLimits, type CallSession, type Device } from '../call/src/domain/session.js'
import { BrokenLog } from './broken-log.js'
import { memoryMediaKeys } from './media-keys.js'

export const RING_MS = 45_000
const NEVER = new AbortController().signal

/** A moment at which others may come in between; the default is none. */
type Pause = () => Promise<unknown>

/** Compare and set in memory: others may change a document between its reading and its writing. */
class MemoryCallDocuments implements CallDocuments {
  readonly documents = new Map<string, CallDocument>()
  races = 0

  constructor(private readonly pause: Pause) {}

  async get(groupId: string): Promise<CallDocument | undefined> {
    await this.pause()
    return this.documents.get(groupId)
  }

  async getMany(groupIds: readonly string[]): Promise<readonly (CallDocument | undefined)[]> {
    await this.pause()
    return groupIds.map((groupId) => this.documents.get(groupId))
  }

  async update<Result>(
    groupId: string,
    change: (document: CallDocument | undefined) => DocumentChange<Result>,
  ): Promise<DocumentChange<Result>> {
    for (;;) {
      const before = this.documents.get(groupId)
      const changed = change(before)
      if (changed.document === before) return changed
      await this.pause()
      if (this.documents.get(groupId) === before) {
        if (changed.document) this.documents.set(groupId, changed.document)
        else this.documents.delete(groupId)
        return changed
      }
      this.races++
    }
  }

  /** Groups that are due beside those whose documents say so: as after documents have expired. */
  readonly leftovers = new Set<string>()

  dueAt(groupId: string): number | undefined {
    const document = this.documents.get(groupId)
    return document && dueAtOf(document)
  }

  async due(now: number): Promise<readonly string[]> {
    const isDue = (groupId: string) => (this.dueAt(groupId) ?? Number.POSITIVE_INFINITY) <= now
    return [...[...this.documents.keys()].filter(isDue), ...this.leftovers]
  }

  async settle(groupId: string): Promise<void> {
    this.leftovers.delete(groupId)
  }

  async scheduled(): Promise<number> {
    return this.documents.size
  }
}

class MemoryPersonalCalls implements PersonalCalls {
  readonly groups = new Map<string, string>()

  async enter(userIds: readonly string[], groupId: string): Promise<void> {
    for (const userId of userIds) this.groups.set(userId, groupId)
  }

  async leave(userId: string, groupId: string): Promise<void> {
    if (this.groups.get(userId) === groupId) this.groups.delete(userId)
  }

  async find(userIds: readonly string[]): Promise<readonly (string | undefined)[]> {
    return userIds.map((userId) => this.groups.get(userId))
  }
}

interface TestGroup {
  readonly kind: GroupKind
  readonly roles: Map<string, Role>
  /** Until when members are muted (Unix ms). */
  readonly mutes: Map<string, number>
  blocked: boolean
  /** It has a voice room. */
  room: boolean
}

/** Groups and their members; a direct chat is between its first two. */
class MemoryMembers implements Members {
  readonly groups = new Map<string, TestGroup>()
  /** What membership answers instead, when it does not answer. */
  failure: Error | undefined

  constructor(private readonly pause: Pause) {}

  /** As it is when membership is asked; the answer takes its time. */
  async membership(groupId: string, userId: string) {
    if (this.failure) throw this.failure
    const answer = this.#membership(groupId, userId)
    await this.pause()
    if (!answer) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    return answer
  }

  #membership(groupId: string, userId: string) {
    const group = this.groups.get(groupId)
    const role = group?.roles.get(userId)
    if (!group || role === undefined) return undefined
    const { kind, blocked, roles, mutes, room } = group
    const peerId = kind === GroupKind.DIRECT ? [...roles.keys()].find((other) => other !== userId) : undefined
    return { kind, role, mutedUntil: mutes.get(userId) ?? 0, blocked, peerId, room }
  }

  async callees(groupId: string, callerId: string, limit: number) {
    const others = [...(this.groups.get(groupId)?.roles.keys() ?? [])].filter((userId) => userId !== callerId)
    return others.length > limit ? [] : others
  }

  async groupsOf(userId: string) {
    return [...this.groups].filter(([, { roles }]) => roles.has(userId)).map(([groupId]) => groupId)
  }
}

/** Nodes of an SFU in memory. They live until they are taken out of `living`. */
export class MemorySfu implements Sfu {
  readonly living = new Set<string>()
  /** Devices by room, as `call.generation` of a node. */
  readonly rooms = new Map<string, Set<string>>()

  async open(callId: string, generation: number, _most: number, without: string | undefined) {
    const nodes = [...this.living]
    const node = nodes.find((name) => name !== without) ?? nodes[0]
    if (node === undefined) return undefined
    const room = { callId, generation, node }
    this.rooms.set(nameOf(room), new Set())
    return room
  }

  accessTo({ node, generation }: CallRoom, { deviceId }: Device) {
    return { url: node, generation, token: `of ${deviceId}` }
  }

  isLiving = (node: string): boolean => this.living.has(node)
  check = async (node: string): Promise<boolean> => this.living.has(node)
  look = async (): Promise<void> => undefined

  async devicesIn(room: CallRoom) {
    const devices = this.rooms.get(nameOf(room))
    return devices && [...devices]
  }

  async remove(room: CallRoom, deviceId: string): Promise<void> {
    this.rooms.get(nameOf(room))?.delete(deviceId)
  }

  async close(room: CallRoom): Promise<boolean> {
    if (!this.living.has(room.node)) return false
    this.rooms.delete(nameOf(room))
    return true
  }
}

const nameOf = ({ callId, generation, node }: CallRoom) => `${callId}.${generation} at ${node}`

class MemorySfuCalls implements SfuCalls {
  readonly groups = new Set<string>()
  add = async (groupId: string): Promise<void> => void this.groups.add(groupId)
  remove = async (groupId: string): Promise<void> => void this.groups.delete(groupId)
  all = async (): Promise<readonly string[]> => [...this.groups]
  readonly rooms = new Map<string, LeftRoom>()
  keep = async (room: LeftRoom): Promise<void> => void this.rooms.set(nameOf(room), room)
  forget = async (room: LeftRoom): Promise<void> => void this.rooms.delete(nameOf(room))
  left = async (): Promise<readonly LeftRoom[]> => [...this.rooms.values()]
}

/** The call service's application on ports in memory; the log is the real adapter on an event store in memory. */
export function callWorld(
  pause: Pause = async () => undefined,
  limits: CallLimits = { mesh: CALL_LIMIT, most: CALL_LIMIT },
) {
  const documents = new MemoryCallDocuments(pause)
  const personal = new MemoryPersonalCalls()
  const members = new MemoryMembers(pause)
  const store = new BrokenLog()
  const log = new EventStoreCallLog(store, 1)
  const notices: CallSession[] = []
  const muteRequests: { readonly userId: string; readonly byUserId: string }[] = []
  const steps: string[] = []
  const keyCommits: KeyCommit[] = []
  const keyMoves: { readonly generation: number; readonly epoch: number; readonly deviceId: string }[] = []
  const sfuFailures: unknown[] = []
  const logFailures: unknown[] = []
  const notifier: CallNotices = {
    changed: (session) => void notices.push(session),
    muteRequested: (_, userId, byUserId) => void muteRequests.push({ userId, byUserId }),
    keysCommitted: (_, commit) => void keyCommits.push(commit),
  }
  const observer: CallObserver = {
    happened: (step) => void steps.push(step),
    logFailed: (error) => void logFailures.push(error),
    sfuFailed: (error) => void sfuFailures.push(error),
    keysMoved: ({ generation }, epoch, { deviceId }) => void keyMoves.push({ generation, epoch, deviceId }),
  }
  // No two rooms are opened at the same time.
  let time = 1_000_000
  const sfu = new MemorySfu()
  const sfuCalls = new MemorySfuCalls()
  const keyStore = memoryMediaKeys()
  const rooms = new SfuRooms(sfu, sfuCalls, keyStore, { now: () => ++time }, observer)
  const sessions = new CallSessions(documents, personal, log, notifier, observer, rooms)
  const rules = { ringMs: RING_MS, limits }
  const lost = new LostCalls(sessions, log, rooms, rules)
  const sfuUpkeep = new SfuUpkeep(sessions, rooms, sfu, sfuCalls)
  const keys = new CallKeys(sessions, members, keyStore, notifier, observer)
  const upkeep = new CallUpkeep(sessions, documents)
  const commands = new CallCommands(sessions, lost, upkeep, members, rooms, sfuUpkeep, rules)
  const moderation = new CallModeration(sessions, members, notifier)

  return {
    ...{ documents, personal, members, store, notices, muteRequests, steps, logFailures, sessions, lost },
    ...{ sfu, sfuCalls, sfuUpkeep, sfuFailures, keys, keyCommits, keyMoves },
    ...{ upkeep, commands, moderation, queries: new CallQueries(sessions, members) },

    /** A group of people; the first is its owner. */
    group(userIds: readonly string[], kind = GroupKind.GROUP, admins: readonly string[] = []): string {
      const groupId = newId()
      const roleOf = (userId: string, i: number) =>
        kind !== GroupKind.DIRECT && i === 0 ? Role.OWNER : admins.includes(userId) ? Role.ADMIN : Role.MEMBER
      const roles = new Map(userIds.map((userId, i) => [userId, roleOf(userId, i)]))
      members.groups.set(groupId, { kind, roles, mutes: new Map(), blocked: false, room: false })
      return groupId
    },
    start: (groupId: string, device: Device, now: number, { id = newId(), ring = true } = {}) =>
      commands.startCall({ commandId: id, groupId, video: false, ring }, device, now, NEVER),
    join: (groupId: string, callId: string, device: Device, now: number, move = false) =>
      commands.joinCall(groupId, callId, device, { move }, now, NEVER),
    renew: (groupId: string, callId: string, device: Device, now: number, knownRevision = 0, trouble = 0) =>
      commands.renewCall(groupId, callId, device, { knownRevision, trouble }, now, NEVER),
    session: (groupId: string) => documents.documents.get(groupId)?.session,
    /** Cases of the events of the group's lane `calls`. */
    async logged(groupId: string): Promise<(string | undefined)[]> {
      const filter = historySubject(0, groupId, 'calls')
      const commits = await store.read(historyStream(0), { afterSeq: 0, limit: 1_000, filter })
      return commits.flatMap(({ commit }) => commit.events.map(({ body }) => body.case))
    },
  }
}

export type CallWorld = ReturnType<typeof callWorld>

export const deviceOf = (userId: string, deviceId = `${userId}'s phone`): Device => ({ userId, deviceId })

/** Name of the reason for which something was refused, or `accepted`; any other error is thrown on. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'accepted'
  } catch (error) {
    if (error instanceof Refusal) return ErrorReason[error.reason]
    throw error
  }
}

export const peopleIn = (session: CallSession | undefined): readonly string[] =>
  session?.participants.map(({ userId }) => userId) ?? []

export const isOver = (session: CallSession | undefined): boolean => session?.state === CallState.ENDED
