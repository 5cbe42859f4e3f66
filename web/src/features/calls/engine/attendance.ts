import type { Call } from '@beseda/proto/call/v1/call_service'

export interface Device {
  readonly userId: string
  readonly deviceId: string
}

/** Another device in the call. */
export interface Attendee extends Device {
  /** Its lease expired: the link waits for it. */
  readonly away: boolean
}

/**
 * The devices to keep links with, given the call state and the current links. A session recreated after a loss knows some people
 * before their devices: their links stay as they are.
 */
export function attendees(
  call: Pick<Call, 'participants' | 'away'>,
  me: string,
  before: readonly Device[],
): Attendee[] {
  const present = call.participants.map(({ userId, deviceId }) => ({ userId, deviceId, away: false }))
  const gone = call.away.flatMap(({ userId, deviceId }) =>
    deviceId !== ''
      ? [{ userId, deviceId, away: true }]
      : before.filter((device) => device.userId === userId).map((device) => ({ ...device, away: true })),
  )
  const known = new Set<string>()
  return [...present, ...gone].flatMap(({ userId, deviceId, away }) => {
    if (deviceId === me || known.has(userId)) return []
    known.add(userId)
    return [{ userId, deviceId, away }]
  })
}

/** Of two devices exactly one makes the offers: no glare. */
export const initiates = (mine: string, theirs: string): boolean => mine < theirs
