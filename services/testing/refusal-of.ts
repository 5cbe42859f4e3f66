import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Name of the reason for which something inside a service was refused, or `accepted`; any other error is thrown on. */
export const refusalOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'accepted',
    (error: unknown) => {
      if (error instanceof Refusal) return ErrorReason[error.reason]
      throw error
    },
  )
