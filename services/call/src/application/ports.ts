import type { Role } from '@beseda/proto/common/v1/roles'
import type { Commit, Event } from '@beseda/proto/log/v1/commit'
import type { PermissionScope, Standing } from '@beseda/rules'
import { type CallSession, type Device, nextDeadline, type SfuRoom } from '../domain/session.js'
import type { CallStep } from '../domain/steps.js'

/** The time by which calls live: the same in every replica, whatever the clocks of their hosts say. */
export abstract class Clock {
  /** Unix ms. */
  abstract now(): number
}

/** A session and the commits that the log still lacks: kept together, so that no crash loses a commit (ADR 6). */
export interface CallDocument {
  readonly session: CallSession
  /** Encoded commits, oldest first. */
  readonly pending: readonly Uint8Array[]
}

/** What a change makes of a document (undefined deletes it), and its result for the caller. */
export interface DocumentChange<Result> {
  readonly document: CallDocument | undefined
  readonly result: Result
}

/** The document of each group's newest call, by group id. */
export abstract class CallDocuments {
  abstract get(groupId: string): Promise<CallDocument | undefined>
  abstract getMany(groupIds: readonly string[]): Promise<readonly (CallDocument | undefined)[]>
  /**
   * Compare and set: when somebody else has changed the document meanwhile, `change` decides again on the newer one. It may throw to
   * leave the document as it is, or return it unchanged.
   */
  abstract update<Result>(
    groupId: string,
    change: (document: CallDocument | undefined) => DocumentChange<Result>,
  ): Promise<DocumentChange<Result>>
  /** Groups whose documents are due (`dueAtOf`), and those of documents that have expired. */
  abstract due(now: number): Promise<readonly string[]>
  /** Makes the deadline of a group follow from its document as it is. */
  abstract settle(groupId: string): Promise<void>
  /** How many calls ring or go on in the whole installation. */
  abstract scheduled(): Promise<number>
}

/**
 * When a document needs a sweep (Unix ms; undefined: never): at once while commits are pending, so that a process which dies before it
 * has written them leaves them to another; otherwise when time alone changes the session.
 */
export const dueAtOf = ({ session, pending }: CallDocument): number | undefined =>
  pending.length > 0 ? 0 : nextDeadline(session)

/** The group in whose call a person is: an index that may name a call that is over, so the session is checked whenever it is read. */
export abstract class PersonalCalls {
  abstract enter(userIds: readonly string[], groupId: string): Promise<void>
  abstract leave(userId: string, groupId: string): Promise<void>
  /** The group of each person; undefined: in no call. */
  abstract find(userIds: readonly string[]): Promise<readonly (string | undefined)[]>
}

/** Lane `calls` of the groups' histories. */
export abstract class CallLog {
  /** The commit of a change, encoded. Its id is `<call id>.<revision>`. */
  abstract encode(session: CallSession, events: readonly Event['body'][], now: number): Uint8Array
  /** Appends an encoded commit unless it is the newest of the lane. */
  abstract append(groupId: string, entry: Uint8Array): Promise<void>
  /** The lane from the start of its last call, oldest first; empty when that call has ended, or there was none. */
  abstract unfinished(groupId: string): Promise<readonly Commit[]>
}

/** A recording whose pieces arrive, and that becomes a message when it is over. Times in Unix ms, by the clock of calls. */
export interface RecordingDocument extends Device {
  readonly id: string
  readonly groupId: string
  readonly startedAt: number
  readonly soundOnly: boolean
  /** When the device was last seen in the call, recording. */
  readonly seenAt: number
  /** When it is looked at next. */
  readonly lookAt: number
  /** The device has sent everything. */
  readonly whole: boolean
  /** It is over, and to be posted: no piece is taken any more. */
  readonly closed: boolean
  /** When it may be posted again: whoever posts it has it for themselves until then. */
  readonly postAt: number
}

/** Recordings that are not in their conversation yet, by id. */
export abstract class RecordingDocuments {
  abstract get(recordingId: string): Promise<RecordingDocument | undefined>
  abstract update<Result>(
    recordingId: string,
    change: (document: RecordingDocument | undefined) => {
      readonly document: RecordingDocument | undefined
      readonly result: Result
    },
  ): Promise<{ readonly document: RecordingDocument | undefined; readonly result: Result }>
  abstract due(now: number): Promise<readonly string[]>
  abstract settle(recordingId: string): Promise<void>
}

/** Makes a message of the pieces of a recording. */
export abstract class RecordingPoster {
  /** Resolves when it stands in the conversation, or can never stand there. A repeat posts nothing twice. */
  abstract post(recording: RecordingDocument): Promise<void>
}

/** What connected devices are told. */
export abstract class CallNotices {
  /** To all connected members of the group: the call as it is now. */
  abstract changed(session: CallSession): void
  /** To all devices of a person: somebody asks them to mute. */
  abstract muteRequested(session: CallSession, userId: string, byUserId: string): void
  /** To the devices that are in the call: the keys of its media have moved on. */
  abstract keysCommitted(session: CallSession, commit: KeyCommit): void
}

/** A member of a group. */
export interface Membership extends PermissionScope, Standing {
  readonly role: Role
  /** Direct chats: the other person. */
  readonly peerId: string | undefined
  /** Direct chats: one of the two has blocked the other. */
  readonly blocked: boolean
  /** The group has a voice room. */
  readonly room: boolean
}

/** Memberships as the membership service knows them now. */
export abstract class Members {
  /** Errors: NOT_A_MEMBER. */
  abstract membership(groupId: string, userId: string, signal: AbortSignal): Promise<Membership>
  /** The other members whom the caller may ring, those with blocks between them left out; none when there are more than `limit`. */
  abstract callees(groupId: string, callerId: string, limit: number, signal: AbortSignal): Promise<readonly string[]>
  abstract groupsOf(userId: string, signal: AbortSignal): Promise<readonly string[]>
}

/** Signs the tokens by which gateways recognize participants. */
export abstract class CallTokens {
  /** Public keys (RFC 7517). */
  abstract readonly jwks: object
  abstract sign(audience: 'call', claims: Record<string, unknown>, now: Date, expiresAt: Date): Promise<string>
}

/** A room of a call on the SFU. */
export interface CallRoom extends SfuRoom {
  readonly callId: string
}

/** What a device enters a room with. */
export interface RoomAccess {
  readonly url: string
  readonly token: string
  readonly generation: number
}

/** The nodes of the SFU, as the operator names them; there may be none. */
export abstract class Sfu {
  /** Makes a room on a node that answers, on another one than `without` if possible. Undefined: there is none. */
  abstract open(
    callId: string,
    generation: number,
    most: number,
    without: string | undefined,
  ): Promise<CallRoom | undefined>
  /** `now`, `expiresAt`: by the clock of the host, as of all tokens. */
  abstract accessTo(room: CallRoom, device: Device, now: Date, expiresAt: Date): RoomAccess
  /** Whether a node answered when it was last asked. One that is not configured does not live. */
  abstract isLiving(node: string): boolean
  /** Asks a node now. */
  abstract check(node: string): Promise<boolean>
  /** Asks every node. */
  abstract look(): Promise<void>
  /** Devices in a room; undefined: the node has no such room. */
  abstract devicesIn(room: CallRoom): Promise<readonly string[] | undefined>
  abstract remove(room: CallRoom, deviceId: string): Promise<void>
  /** False: its node cannot be asked now. */
  abstract close(room: CallRoom): Promise<boolean>
}

/** A room that a call does not use any more. */
export interface LeftRoom extends CallRoom {
  readonly groupId: string
  /** When it is to be closed (Unix ms). */
  readonly until: number
}

/** The groups whose calls go through the SFU: an index that may name a call that does not. */
export abstract class SfuCalls {
  abstract add(groupId: string): Promise<void>
  abstract remove(groupId: string): Promise<void>
  abstract all(): Promise<readonly string[]>
  /** Rooms that calls have left: each is kept until its node has closed it. */
  abstract keep(room: LeftRoom): Promise<void>
  abstract forget(room: LeftRoom): Promise<void>
  abstract left(): Promise<readonly LeftRoom[]>
}

/** One step of the keys of a call's media. */
export interface KeyCommit {
  readonly generation: number
  /** That it makes. */
  readonly epoch: number
  readonly commit: Uint8Array
}

/** Whose keys: of one room of a call. */
export interface KeyGroup {
  readonly groupId: string
  readonly callId: string
  readonly generation: number
}

export interface KeyState {
  /** 0: nothing is known. */
  readonly epoch: number
  /** After the epoch that was asked for, oldest first; none when they are not all kept. */
  readonly commits: readonly KeyCommit[]
  /** Of the newest epoch; empty for who is in that epoch, or can follow by the commits. */
  readonly groupInfo: Uint8Array
}

/** The order of the key commits of each call, and the newest of them. They may be lost; then the call gets another room. */
export abstract class MediaKeys {
  /** From `epoch` to the next one, unless somebody was first. A repeat of what was accepted is accepted. */
  abstract commit(
    group: KeyGroup,
    step: { readonly epoch: number; readonly commit: Uint8Array; readonly groupInfo: Uint8Array },
  ): Promise<{ readonly accepted: boolean; readonly state: KeyState }>
  abstract since(group: KeyGroup, epoch: number): Promise<KeyState>
  abstract forget(groupId: string): Promise<void>
}

/** Business metrics and log lines. */
export abstract class CallObserver {
  abstract happened(step: CallStep, session: CallSession): void
  /** The log could not be written; the commit stays pending and is written later. */
  abstract logFailed(error: unknown): void
  /** A node of the SFU did not do what it was asked; it is asked again. */
  abstract sfuFailed(error: unknown): void
  /** Whose commit made an epoch: when the devices find that it is not valid, this tells who has sent it. */
  abstract keysMoved(group: KeyGroup, epoch: number, by: Device): void
}
