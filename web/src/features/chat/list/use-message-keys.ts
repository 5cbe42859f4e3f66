import { computed, nextTick, ref } from 'vue'
import { useComposing } from '../../../stores/composing.js'
import type { ChatMessage, Conversation } from '../../../sync/model/model.js'
import { tellError } from '../../../ui/feedback/tell-error.js'
import { useMessageActions } from '../message/use-message-actions.js'
import { useThread } from '../message/use-thread.js'
import type { MessageRow } from '../timeline/timeline.js'

interface KeyParts {
  readonly conversation: () => Conversation
  readonly rows: () => readonly MessageRow[]
  /** Brings a row into the view. */
  readonly reveal: (key: string) => Promise<unknown>
  readonly log: () => HTMLElement | undefined
  readonly atPageEdge: (rows: number) => number
}

/** Roving focus: one message of the list is in the Tab order; arrows move it, letters run the actions of its menu. */
export function useMessageKeys({ conversation, rows, reveal, log, atPageEdge }: KeyParts) {
  const composing = useComposing()
  const actions = useMessageActions(conversation)
  const openThread = useThread()
  const chosen = ref('')
  const inside = ref(false)
  const active = computed(() =>
    rows().some(({ key }) => key === chosen.value) ? chosen.value : (rows().at(-1)?.key ?? ''),
  )
  const articleOf = (key: string) => log()?.querySelector<HTMLElement>(`article[data-message="${CSS.escape(key)}"]`)

  async function moveTo(index: number): Promise<void> {
    const row = rows()[Math.max(0, Math.min(rows().length - 1, index))]
    if (!row) return
    chosen.value = row.key
    await nextTick()
    if (!articleOf(row.key)) await reveal(row.key)
    const article = articleOf(row.key)
    article?.focus({ preventScroll: true })
    article?.scrollIntoView({ block: 'nearest' })
  }

  const steps: Record<string, (index: number) => number> = {
    ArrowUp: (index) => index - 1,
    ArrowDown: (index) => index + 1,
    PageUp: (index) => index - atPageEdge(-1),
    PageDown: (index) => index + atPageEdge(1),
    Home: () => 0,
    End: () => rows().length - 1,
  }

  const unread = async (message: ChatMessage) =>
    (await import('../message/mark-unread.js')).markUnread(conversation(), message)
  const press = (key: string, selector: string): void => articleOf(key)?.querySelector<HTMLElement>(selector)?.click()
  const letters: Record<string, (row: MessageRow) => void> = {
    KeyR: ({ message }) => actions.mayReply() && composing.reply(conversation().id, message),
    KeyE: ({ message }) => actions.mayEdit(message) && composing.edit(conversation().id, message),
    KeyT: ({ message }) => message.threadId === '' && openThread(conversation().id, message.alsoInThread || message.id),
    KeyU: ({ message }) => message.threadId === '' && void unread(message).catch(tellError),
    KeyC: ({ message }) => void actions.copy(message).catch(tellError),
    Enter: ({ key }) => press(key, '[role=toolbar] [aria-haspopup=menu]'),
  }

  /** Letters by physical key: the same in a Cyrillic layout. */
  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    if (target.dataset.message === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const index = rows().findIndex(({ key }) => key === target.dataset.message)
    const row = rows()[index]
    const step = steps[event.key]
    const act = letters[event.code]
    if (!row || (!step && !act)) return
    event.preventDefault()
    if (step) void moveTo(step(index))
    else if (row.message.state === 'sent' && !row.message.deleted) act?.(row)
  }

  function onFocusIn(event: FocusEvent): void {
    inside.value = true
    const key = (event.target as HTMLElement).closest<HTMLElement>('article[data-message]')?.dataset.message
    if (key !== undefined) chosen.value = key
  }
  const onFocusOut = (): void => {
    inside.value = false
  }

  return { active, kept: computed(() => (inside.value ? active.value : '')), onKey, onFocusIn, onFocusOut }
}
