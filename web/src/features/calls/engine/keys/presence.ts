import type { Call } from '@beseda/proto/call/v1/call_service'
import type { Device } from '../attendance.js'

/** Who is in a call, or has a place kept in it. */
export type Present = Pick<Call, 'participants' | 'away'>

/** A place that was kept over a loss at the server is known by its person only. */
export const isPresent = ({ participants, away }: Present, { userId, deviceId }: Device): boolean =>
  participants.some((one) => one.userId === userId && one.deviceId === deviceId) ||
  away.some((one) => one.userId === userId && (one.deviceId === deviceId || one.deviceId === ''))
