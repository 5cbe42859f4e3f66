import { Contents } from '@beseda/proto/group/v1/group_service'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { computed, ref, shallowRef } from 'vue'
import { handled } from '../../../../diagnostics/log.js'
import { groups } from '../../../../net/index.js'
import { useBlocks } from '../../../../stores/blocks.js'
import { useHiddenMessages } from '../../../../stores/hidden-messages.js'
import { chatMessage } from '../../../../sync/model/convert.js'
import type { ChatMessage, Conversation } from '../../../../sync/model/model.js'
import { useLiveFound } from '../../search/use-live-found.js'
import { itemsOf } from './gallery-items.js'

const PAGE = 50
/** On each side of the first picture, of each kind: whoever goes through a thousand finds the rest in the panel of the conversation. */
const MOST_PAGES = 10

/**
 * The pictures and films of a conversation: those that are loaded are there at once, all others come page by page, first those nearest to where
 * the person is.
 */
export function useGallery(conversation: () => Conversation) {
  const blocks = useBlocks()
  const hidden = useHiddenMessages()
  const found = shallowRef<readonly { readonly groupId: string; readonly message: ChatMessage }[]>([])
  /** All are there, so that they can be counted. */
  const isWhole = ref(false)
  useLiveFound(found)
  let turn = 0

  const items = computed(() => {
    const { messages = [], thread } = conversation()
    const all = [...found.value.map(({ message }) => message), ...messages, ...(thread?.messages ?? [])]
    return itemsOf(hidden.shown(all), blocks.blocked)
  })

  async function pages(
    has: Contents,
    side: { after: number } | { before: number },
    isCurrent: () => boolean,
  ): Promise<boolean> {
    const groupId = conversation().id
    const time = 'after' in side ? { after: timestampFromMs(side.after) } : { before: timestampFromMs(side.before) }
    let cursor = ''
    for (let page = 0; page < MOST_PAGES && isCurrent(); page++) {
      const answer = await groups.searchMessages({ groupId, has: [has], ...time, cursor, limit: PAGE })
      if (!isCurrent()) return false
      found.value = [...found.value, ...answer.messages.map((message) => ({ groupId, message: chatMessage(message) }))]
      cursor = answer.next
      if (cursor === '') return true
    }
    return false
  }

  /** Fetches what is around a time (Unix ms). */
  async function load(at: number): Promise<void> {
    const mine = ++turn
    const isCurrent = () => turn === mine
    isWhole.value = false
    found.value = []
    const kinds = [Contents.PICTURE, Contents.VIDEO]
    const sides = [{ before: at + 1 }, { after: at + 1 }]
    const all = await Promise.all(
      kinds.flatMap((has) => sides.map((side) => pages(has, side, isCurrent).catch(handled('gallery')))),
    )
    if (isCurrent()) isWhole.value = all.every((done) => done === true)
  }
  const stop = (): void => {
    turn++
  }
  return { items, isWhole, load, stop }
}
