import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'

/** Name of the reason a call was refused for, or `accepted`; any other error is thrown on. */
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
