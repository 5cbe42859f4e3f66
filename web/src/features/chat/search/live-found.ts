import type { Mentions } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import type { ChatMessage } from '../../../sync/model/model.js'

interface Found {
  readonly message: ChatMessage
  readonly groupId?: string
}

/**
 * What has happened to messages since a list of them was opened. It is applied to whatever is found, also by a response that was sent
 * before: a deleted message never comes back.
 */
export class LiveFound {
  readonly #gone = new Set<string>()
  readonly #edits = new Map<
    string,
    { readonly text: string; readonly mentions: Mentions | undefined; readonly editedAt: number }
  >()
  readonly #left = new Set<string>()

  /** `at`: time of the commit, Unix ms. */
  take({ body }: Event, at: number): void {
    if (body.case === 'messageDeleted') this.#gone.add(body.value.messageId)
    if (body.case !== 'messageEdited') return
    const { messageId, text, mentions } = body.value
    this.#edits.set(messageId, { text, mentions, editedAt: at })
  }

  /** Deleted for this person only. */
  hidden(messageId: string): void {
    this.#gone.add(messageId)
  }

  left(groupId: string): void {
    this.#left.add(groupId)
  }

  joined(groupId: string): void {
    this.#left.delete(groupId)
  }

  of<Item extends Found>(found: readonly Item[]): readonly Item[] {
    const isThere = ({ message: { id }, groupId = '' }: Item) => !this.#gone.has(id) && !this.#left.has(groupId)
    return found.filter(isThere).map((one) => {
      const edit = this.#edits.get(one.message.id)
      // A response that was ahead of the event has it already, or a later one.
      return edit && edit.editedAt > one.message.editedAt ? { ...one, message: { ...one.message, ...edit } } : one
    })
  }
}
