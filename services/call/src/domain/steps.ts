import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import type { EventBody } from './events.js'
import { type CallSession, inviteeOf, isSame, participantOf } from './session.js'

/** What operators count in the lives of calls. */
export type CallStep =
  | 'start'
  | 'join'
  | 'move'
  | 'return'
  | 'decline'
  | 'leave'
  | 'lapse'
  | 'end'
  | 'record'
  | 'sfu'
  | 'relocate'
  | 'mesh'

/**
 * What a change did, one step for each person and call. A request that changed nothing (a retry, a second hang-up) did nothing,
 * and a request to start that found a call is a join.
 */
export function stepsOf(
  before: CallSession | undefined,
  after: CallSession,
  events: readonly EventBody[],
): readonly CallStep[] {
  const earlier = before?.id === after.id ? before : undefined
  return [
    ...events.flatMap((event) => stepOf(event, earlier, after)),
    ...(earlier ? silentSteps(earlier, after) : []),
    ...(after.state === CallState.ENDED && earlier?.state !== CallState.ENDED ? (['end'] as const) : []),
  ]
}

function stepOf(event: EventBody, earlier: CallSession | undefined, after: CallSession): readonly CallStep[] {
  switch (event.case) {
    case 'callStarted':
      return ['start']
    case 'callJoined':
      // The caller's own joining belongs to the start; coming back is counted below.
      return earlier && !isAway(earlier, event.value.userId) ? ['join'] : []
    case 'callRecordingStarted':
      return ['record']
    case 'callLeft':
      return [isAway(after, event.value.userId) ? 'lapse' : 'leave']
    default:
      return []
  }
}

/** Steps without an event in the log. */
function silentSteps(earlier: CallSession, after: CallSession): readonly CallStep[] {
  const declined = after.invitees.filter(
    ({ userId, state }) =>
      state === InviteeState.DECLINED && inviteeOf(earlier, userId)?.state === InviteeState.RINGING,
  )
  const places = after.participants.flatMap((participant): CallStep[] => {
    const place = participantOf(earlier, participant.userId)
    if (place) return isSame(place, participant) ? [] : ['move']
    return isAway(earlier, participant.userId) ? ['return'] : []
  })
  return [...declined.map(() => 'decline' as const), ...places, ...waysOf(earlier, after)]
}

/** Media goes another way: from the mesh to the SFU, to another room of it, and back. */
function waysOf({ sfu: before }: CallSession, { sfu, state }: CallSession): readonly CallStep[] {
  if (sfu?.generation === before?.generation) return []
  if (!sfu) return state === CallState.ENDED ? [] : ['mesh']
  return [before ? 'relocate' : 'sfu']
}

const isAway = ({ away }: CallSession, userId: string): boolean => away.some((one) => one.userId === userId)
