import { computed, nextTick, type Ref, ref, shallowRef, watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { useI18n } from '../../../i18n/index.js'
import { type Emoji, findEmoji, inTone, loadEmoji } from '../emoji/catalogue.js'
import { recentEmoji, remember, skinTone } from '../emoji/recent.js'
import { closedShortCode, openShortCode } from '../emoji/short-code.js'

const SHOWN = 8

/** Completes `:` in a text field to emoji, and replaces a short code with its emoji when the second colon is typed. */
export function useEmojiWords(text: Ref<string>, field: () => HTMLTextAreaElement | undefined) {
  const { locale } = useI18n()
  const all = shallowRef<readonly Emoji[]>([])
  const caret = ref(0)
  const active = ref(0)
  const dismissed = ref(false)
  const open = computed(() => (dismissed.value ? undefined : openShortCode(text.value, caret.value)))
  const found = computed(() => (open.value ? findEmoji(all.value, open.value.query, SHOWN) : []))

  watch(open, async (now) => {
    if (now && all.value.length === 0) all.value = (await loadEmoji(locale.value).catch(handled('emoji'))) ?? []
  })

  function put(start: number, emoji: string): void {
    const before = text.value.slice(0, start) + emoji
    text.value = before + text.value.slice(caret.value)
    // Before the next key: a letter typed meanwhile would be inserted in the wrong place.
    void nextTick().then(() => {
      field()?.setSelectionRange(before.length, before.length)
      caret.value = before.length
    })
  }

  function moved(): void {
    caret.value = field()?.selectionStart ?? 0
    active.value = 0
    dismissed.value = false
    const closed = closedShortCode(text.value, caret.value)
    const meant = closed && all.value.find(({ codes }) => codes.includes(closed.code.toLowerCase()))
    if (closed && meant) put(closed.start, inTone(meant, skinTone.value))
  }

  function choose(one: Emoji): void {
    if (!open.value) return
    const emoji = inTone(one, skinTone.value)
    remember(emoji)
    put(open.value.start, `${emoji} `)
  }

  /** True when the list handled the key. */
  function onKey(event: KeyboardEvent): boolean {
    const count = found.value.length
    if (count === 0) return false
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const picked = found.value[active.value]
    if (step !== 0) active.value = (active.value + step + count) % count
    else if ((event.key === 'Enter' || event.key === 'Tab') && picked) choose(picked)
    else if (event.key === 'Escape') dismissed.value = true
    else return false
    event.preventDefault()
    return true
  }

  return { found, active, recent: recentEmoji, moved, choose, onKey }
}
