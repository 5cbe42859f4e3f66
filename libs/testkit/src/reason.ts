import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'

/** Name of the reason for which a call was refused, or `accepted`; any other error is rethrown. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'accepted'
  } catch (error) {
    const info = errorInfo(error)
    if (!info) throw error
    return ErrorReason[info.reason]
  }
}
