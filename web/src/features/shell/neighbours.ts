import type { ReadMark } from '../../sync/model/model.js'
import { isUnread } from '../../sync/model/read-mark.js'

/** Moving between conversations in the order of the list. Pure. */

interface Listed {
  readonly id: string
  readonly read: Pick<ReadMark, 'unread' | 'markedUnread'>
}

/** The conversation `by` steps from the open one, wrapping around; with `unread`, the next unread one. */
export function neighbourOf<T extends Listed>(
  list: readonly T[],
  openId: string | undefined,
  by: 1 | -1,
  { unread = false } = {},
): T | undefined {
  const at = list.findIndex(({ id }) => id === openId)
  const start = at < 0 && by < 0 ? list.length : at
  for (let step = 1; step <= list.length; step++) {
    const one = list[(start + by * step + list.length * 2) % list.length]
    if (one && one.id !== openId && (!unread || isUnread(one.read))) return one
  }
  return undefined
}
