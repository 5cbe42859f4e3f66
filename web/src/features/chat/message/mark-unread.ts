import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { i18n } from '../../../i18n/index.js'
import { groups } from '../../../net/index.js'
import { useChat } from '../../../stores/chat.js'
import type { ChatMessage, Conversation, Position } from '../../../sync/model/model.js'
import { isAfter } from '../../../sync/model/read-mark.js'
import { tellError } from '../../../ui/feedback/tell-error.js'
import { toast } from '../../../ui/feedback/toasts.js'

/** Long enough to hear it said. */
const TOLD_MS = 3_000

/**
 * Marks a conversation as unread, for all devices of the person. `from`: the first message that shall be unread; undefined: none, only the
 * conversation is.
 */
export function markUnread({ id, read }: Conversation, from?: ChatMessage): void {
  void marked(id, read.backs, from)
    .then(() => toast(i18n.t('list.markedUnread'), { ms: TOLD_MS }))
    .catch(tellError)
}

async function marked(groupId: string, known: number, from: Position | undefined): Promise<void> {
  const ask = async (backs: number) => {
    const place = { seq: BigInt(from?.seq ?? 0), index: from?.index ?? 0 }
    const { state } = await groups.markUnread({ groupId, ...place, backs })
    if (state) useChat().settleRead(state)
    return state
  }
  // Else the server would take everything as unread that was read here a moment ago.
  await useChat().tellRead(groupId)
  const state = await ask(known)
  // Another device was first, and this one had not heard of it: the person has asked for this place now.
  if (state && !isUnreadFrom(state, from)) await ask(state.backs)
}

const isUnreadFrom = ({ markedUnread, readSeq, readIndex }: ReadState, from: Position | undefined): boolean =>
  markedUnread && (!from || isAfter(from, { seq: Number(readSeq), index: readIndex }))
