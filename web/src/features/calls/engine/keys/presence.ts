import type { Call } from '@beseda/proto/call/v1/call_service'
import type { Device } from '../attendance.js'

/** Who is in a call, or has a place kept in it. */
export type Present = Pick<Call, 'participants' | 'away'>

/** Who is away, is not. */
export const isIn = ({ participants }: Pick<Present, 'participants'>, { userId, deviceId }: Device): boolean =>
  participants.some((one) => one.userId === userId && one.deviceId === deviceId)

/** A place that was kept over a loss at the server is known by its person only. */
export const isPresent = (present: Present, device: Device): boolean =>
  isIn(present, device) ||
  present.away.some(
    ({ userId, deviceId }) => userId === device.userId && (deviceId === device.deviceId || deviceId === ''),
  )
