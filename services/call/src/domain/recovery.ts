import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import type { Commit } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './events.js'
import { AWAY_MS, type CallLimits, type CallSession, type Invitee, type Recording } from './session.js'

/** What an event of lane `calls` changes. */
export type CallLogChange =
  | {
      readonly kind: 'started'
      readonly callId: string
      readonly callerId: string
      readonly video: boolean
      readonly inviteeIds: readonly string[]
      readonly room: boolean
    }
  | { readonly kind: 'joined'; readonly userId: string }
  | { readonly kind: 'left'; readonly userId: string }
  | { readonly kind: 'missed'; readonly userIds: readonly string[] }
  | { readonly kind: 'ended' }
  | {
      readonly kind: 'recording'
      readonly recordingId: string
      readonly userId: string
      readonly soundOnly: boolean
    }
  | { readonly kind: 'recorded' }

export function changesOf(body: EventBody): readonly CallLogChange[] {
  switch (body.case) {
    case 'callStarted':
      return [{ kind: 'started', ...body.value }]
    case 'callJoined':
      return [{ kind: 'joined', userId: body.value.userId }]
    case 'callLeft':
      return [{ kind: 'left', userId: body.value.userId }]
    case 'callMissed':
      return [{ kind: 'missed', userIds: body.value.userIds }]
    case 'callEnded':
      return [{ kind: 'ended' }]
    case 'callRecordingStarted':
      return [{ kind: 'recording', ...body.value }]
    case 'callRecordingEnded':
      return [{ kind: 'recorded' }]
    default:
      return []
  }
}

/** What the log does not say of a call. Times in Unix ms. */
export interface RecoveryContext {
  readonly groupId: string
  readonly direct: boolean
  /** How long calls ring. */
  readonly ringMs: number
  readonly limits: CallLimits
  readonly now: number
}

/** The session after a change that was committed at `at`; undefined: there is no call, or it has ended. */
function apply(
  session: CallSession | undefined,
  change: CallLogChange,
  at: number,
  context: RecoveryContext,
): CallSession | undefined {
  if (change.kind === 'started') return begun(change, at, context)
  if (!session) return undefined
  switch (change.kind) {
    case 'joined':
      return withPerson(session, change.userId, at, context.now)
    case 'left':
      return withoutPerson(session, change.userId)
    case 'missed':
      return withState(session, change.userIds, InviteeState.MISSED)
    case 'ended':
      return undefined
    case 'recording':
      return { ...session, recording: recordingFrom(change, at) }
    case 'recorded':
      return { ...session, recording: undefined }
  }
}

/**
 * The last call of a group, folded from lane `calls`, for a Redis that has lost it; undefined when it has ended, or there was none. The
 * log names people but not their devices, so everybody in the call is away until a device of theirs renews. `commits`: the lane from the
 * start of that call, or from earlier.
 */
export function recover(commits: readonly Commit[], context: RecoveryContext): CallSession | undefined {
  let session: CallSession | undefined
  for (const { id, time, events } of commits) {
    const at = time ? timestampMs(time) : context.now
    for (const change of events.flatMap(({ body }) => changesOf(body))) session = apply(session, change, at, context)
    // A commit is named `<call id>.<revision>`: later commits need a higher revision for a name of their own.
    if (session) session = { ...session, revision: Math.max(session.revision, Number(id.split('.')[1]) + 1 || 1) }
  }
  return session
}

const begun = (
  { callId, callerId, video, inviteeIds, room }: Extract<CallLogChange, { kind: 'started' }>,
  at: number,
  { groupId, direct, ringMs, limits }: RecoveryContext,
): CallSession => ({
  id: callId,
  commandId: '',
  groupId,
  callerId,
  direct,
  room,
  video,
  ringExpiresAt: at + ringMs,
  state: room ? CallState.ACTIVE : CallState.RINGING,
  startedAt: at,
  answeredAt: room ? at : 0,
  participants: [],
  away: [],
  invitees: inviteeIds.map((userId): Invitee => ({ userId, state: InviteeState.RINGING, deviceId: '' })),
  revision: 1,
  endReason: CallEndReason.UNSPECIFIED,
  recording: undefined,
  recorded: '',
  limits,
  sfu: undefined,
  generation: 0,
})

/** Nobody knows any more who has agreed: everybody is asked again, and is in the recording when they have answered. */
const recordingFrom = (
  { recordingId: id, userId, soundOnly }: Extract<CallLogChange, { kind: 'recording' }>,
  startedAt: number,
): Recording => ({
  id,
  commandId: '',
  userId,
  deviceId: '',
  startedAt,
  soundOnly,
  paused: false,
  agreed: [],
  refused: [],
})

function withPerson(session: CallSession, userId: string, joinedAt: number, now: number): CallSession {
  const others = session.away.filter((other) => other.userId !== userId)
  const answers = userId !== session.callerId
  const next = {
    ...session,
    state: answers ? CallState.ACTIVE : session.state,
    answeredAt: session.answeredAt || (answers ? joinedAt : 0),
    away: [...others, { userId, deviceId: '', joinedAt, until: now + AWAY_MS, epoch: 0 }],
  }
  return withState(next, [userId], InviteeState.JOINED)
}

const withoutPerson = (session: CallSession, userId: string): CallSession => ({
  ...session,
  away: session.away.filter((other) => other.userId !== userId),
})

const withState = (session: CallSession, userIds: readonly string[], state: InviteeState): CallSession => ({
  ...session,
  invitees: session.invitees.map((invitee) => (userIds.includes(invitee.userId) ? { ...invitee, state } : invitee)),
})
