import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** People whom a refusal names. More would not be read, and make a long header. */
const MOST_NAMED = 50

/** `unaddable`: those whose privacy settings do not let the caller add them. Errors: NOT_ADDABLE, with their names unless there are none. */
export function requireAddable(unaddable: readonly string[]): void {
  const [first] = unaddable
  if (first === undefined) return
  const named = unaddable.slice(0, MOST_NAMED)
  throw new Refusal(ErrorReason.NOT_ADDABLE, { user_id: first, user_ids: named.join(',') })
}
