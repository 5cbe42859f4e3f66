import { isolated } from '@beseda/rules'
import { useEventListener } from '@vueuse/core'
import { watch } from 'vue'
import type { Router } from 'vue-router'
import { i18n } from '../../i18n/index.js'
import { useDirectory } from '../../stores/directory.js'
import type { Conversation } from '../../sync/model/model.js'
import { dismissToastsAbout, type ToastPicture, toast } from '../../ui/feedback/toasts.js'
import { isDirect } from './tell.js'

/** How long a message is shown, in ms: it is in the list as well. */
const SHOWN_MS = 6_000
/** Messages whose toasts can still be taken back. */
const MOST = 8

export interface ToldMessage {
  readonly id: string
  readonly author: string
  /** As plain text. */
  readonly text: string
  /** Empty: it stands in the conversation. */
  readonly threadId: string
}

/** Toasts of new messages: one for each conversation, with its picture. It goes when the conversation is opened or read. */
export function messageToasts(router: Router) {
  const directory = useDirectory()
  const takeAway = new Map<string, () => void>()

  function pictureOf(conversation: Conversation, name: string): ToastPicture {
    const { id, peerId, avatarFileId } = conversation
    return isDirect(conversation)
      ? { id: peerId, name, square: false, fileId: directory.user(peerId)?.avatarFileId || undefined }
      : { id, name: conversation.name, square: true, fileId: avatarFileId || undefined }
  }

  function show(conversation: Conversation, { id, author, text, threadId }: ToldMessage): void {
    // The conversation alone does not show what was said in a thread.
    const query = threadId === '' ? {} : { m: id }
    const run = () => void router.push({ name: 'conversation', params: { groupId: conversation.id }, query })
    const remove = toast(text, {
      title: isDirect(conversation) ? author : `${isolated(author)} · ${isolated(conversation.name)}`,
      picture: pictureOf(conversation, author),
      about: conversation.id,
      action: { text: i18n.t('notifications.open'), run, whole: true },
      ms: SHOWN_MS,
    })
    takeAway.set(id, remove)
    const [oldest] = takeAway.keys()
    if (takeAway.size > MOST && oldest !== undefined) takeAway.delete(oldest)
  }

  /** The message was deleted. */
  function takeBack(messageId: string): void {
    takeAway.get(messageId)?.()
    takeAway.delete(messageId)
  }

  const opened = () => String(router.currentRoute.value.params.groupId ?? '')
  const stops = [
    watch(opened, dismissToastsAbout),
    // Back at the window, with the conversation before one's eyes.
    useEventListener(window, 'focus', () => dismissToastsAbout(opened())),
  ]
  const stop = () => {
    for (const end of stops) end()
  }
  return { show, takeBack, stop }
}
