import { useEventListener } from '@vueuse/core'
import { useI18n } from '../../../i18n/index.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { toast } from '../../../ui/feedback/toasts.js'
import type { MessageRow } from '../timeline/timeline.js'
import { type Chosen, MOST_CHOSEN, toggled, withRange } from './choosing.js'
import { useSelection } from './selection.js'

interface Parts {
  readonly log: () => HTMLElement | undefined
  readonly rows: () => readonly MessageRow[]
  readonly copy: () => void
  readonly askDelete: () => void
}

/**
 * While messages are being chosen, the list belongs to that: a click or Space chooses, with Shift up to there, and so does a long press or a
 * right click; Shift and an arrow take the next one along.
 */
export function useChoosing({ log, rows, copy, askDelete }: Parts): void {
  const { t } = useI18n()
  const selection = useSelection()
  let [anchor = ''] = selection.chosen.keys()
  const choosable = (): ChatMessage[] =>
    rows().flatMap(({ message }) => (message.state === 'sent' && !message.deleted ? message : []))

  /** False: these would be too many. */
  function take(next: Chosen): boolean {
    if (next.size > MOST_CHOSEN) {
      toast(t('selection.most', { n: MOST_CHOSEN }), { about: 'selection' })
      return false
    }
    if (next.size === 0) selection.leave()
    else selection.chosen = next
    return true
  }

  function choose(id: string, upTo: boolean): void {
    const all = choosable()
    const message = all.find((one) => one.id === id)
    if (!message) return
    const next = upTo ? withRange(selection.chosen, all, anchor, id) : toggled(selection.chosen, message)
    if (take(next)) anchor = id
  }

  /** The one that the list moves to, too. */
  function chooseNext(id: string, by: 1 | -1): void {
    const all = choosable()
    const next = all[all.findIndex((one) => one.id === id) + by]
    if (next && take(withRange(selection.chosen, all, id, next.id))) anchor = next.id
  }

  const idOf = ({ target }: Event): string | undefined =>
    target instanceof Element ? target.closest<HTMLElement>('article[data-message]')?.dataset.message : undefined
  const ours = (event: Event): void => {
    event.preventDefault()
    event.stopPropagation()
  }

  const keys: Readonly<Record<string, (id: string, event: KeyboardEvent) => void>> = {
    Space: (id, { shiftKey }) => choose(id, shiftKey),
    Enter: (id, { shiftKey }) => choose(id, shiftKey),
    KeyC: copy,
    Delete: askDelete,
    // Actions of a single message.
    KeyR: () => undefined,
    KeyE: () => undefined,
    KeyT: () => undefined,
    KeyU: () => undefined,
  }
  useEventListener(
    log,
    'keydown',
    (event: KeyboardEvent) => {
      const id = idOf(event)
      if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.shiftKey && event.key === 'ArrowUp') chooseNext(id, -1)
      if (event.shiftKey && event.key === 'ArrowDown') chooseNext(id, 1)
      const act = keys[event.code]
      if (!act) return
      ours(event)
      act(id, event)
    },
    { capture: true },
  )
  useEventListener(
    log,
    ['click', 'contextmenu'],
    (event: MouseEvent) => {
      const id = idOf(event)
      if (id === undefined) return
      ours(event)
      choose(id, event.shiftKey || event.type === 'contextmenu')
    },
    { capture: true },
  )
}
