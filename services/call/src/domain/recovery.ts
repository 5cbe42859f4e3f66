import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import type { Commit } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { AWAY_MS, type CallSession, type Invitee } from './session.js'

/**
 * The last call of a group as lane `calls` tells it, for a Redis that has lost it; undefined: it has ended, or there was none.
 * Everybody in it is awaited: the log knows people, and they bring their devices when they renew. `commits`: the lane from
 * the beginning of that call, or from before. `ringMs`: how long calls ring.
 */
export function recover(
  groupId: string,
  direct: boolean,
  commits: readonly Commit[],
  ringMs: number,
  now: number,
): CallSession | undefined {
  let call: CallSession | undefined
  for (const { id, time, events } of commits) {
    const at = time ? timestampMs(time) : now
    for (const { body } of events) {
      if (body.case === 'callStarted') {
        const { callId, callerId, video, inviteeIds } = body.value
        call = begun({ id: callId, groupId, callerId, direct, video, ringExpiresAt: at + ringMs }, inviteeIds, at)
      } else if (call) {
        if (body.case === 'callJoined') call = withPerson(call, body.value.userId, at, now)
        if (body.case === 'callLeft') call = withoutPerson(call, body.value.userId)
        if (body.case === 'callMissed') call = withState(call, body.value.userIds, InviteeState.MISSED)
        if (body.case === 'callEnded') call = undefined
      }
    }
    // A commit is named `<call>.<revision>`: what is written from here on must have a name of its own.
    if (call) call = { ...call, revision: Math.max(call.revision, Number(id.split('.')[1]) + 1 || 1) }
  }
  return call
}

type Beginning = Pick<CallSession, 'id' | 'groupId' | 'callerId' | 'direct' | 'video' | 'ringExpiresAt'>

const begun = (call: Beginning, inviteeIds: readonly string[], at: number): CallSession => ({
  ...call,
  state: CallState.RINGING,
  startedAt: at,
  answeredAt: 0,
  participants: [],
  away: [],
  invitees: inviteeIds.map((userId): Invitee => ({ userId, state: InviteeState.RINGING, deviceId: '' })),
  revision: 1,
  endReason: CallEndReason.UNSPECIFIED,
})

function withPerson(call: CallSession, userId: string, joinedAt: number, now: number): CallSession {
  const others = call.away.filter((other) => other.userId !== userId)
  const answers = userId !== call.callerId
  const next = {
    ...call,
    state: answers ? CallState.ACTIVE : call.state,
    answeredAt: call.answeredAt || (answers ? joinedAt : 0),
    away: [...others, { userId, deviceId: '', joinedAt, until: now + AWAY_MS, epoch: 0 }],
  }
  return withState(next, [userId], InviteeState.JOINED)
}

const withoutPerson = (call: CallSession, userId: string): CallSession => ({
  ...call,
  away: call.away.filter((other) => other.userId !== userId),
})

const withState = (call: CallSession, userIds: readonly string[], state: InviteeState): CallSession => ({
  ...call,
  invitees: call.invitees.map((invitee) => (userIds.includes(invitee.userId) ? { ...invitee, state } : invitee)),
})
