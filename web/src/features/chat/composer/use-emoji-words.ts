import { type Ref, shallowRef, watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { useI18n } from '../../../i18n/index.js'
import { type Emoji, findEmoji, inTone, loadEmoji } from '../emoji/catalogue.js'
import { remember, skinTone } from '../emoji/recent.js'
import { closedShortCode, openShortCode } from '../emoji/short-code.js'
import { isLiveBehind } from './mentions/mention-places.js'
import { write } from './text-field.js'
import { useCompletion } from './use-completion.js'

const SHOWN = 8

/** Completes `:` in a text field to emoji, and replaces a short code with its emoji when the second colon is typed. */
export function useEmojiWords(text: Ref<string>, field: () => HTMLTextAreaElement | undefined) {
  const { locale } = useI18n()
  const all = shallowRef<readonly Emoji[]>([])
  const completion = useCompletion({
    text,
    field,
    open: (written, caret) => {
      const open = openShortCode(written, caret)
      return open && isLiveBehind(written.slice(0, open.start)) ? open : undefined
    },
    choices: ({ code }) => findEmoji(all.value, code, SHOWN),
    choose: (one: Emoji, { start }, caret) => {
      const emoji = inTone(one, skinTone.value)
      remember(emoji)
      put(start, caret, `${emoji} `)
    },
  })
  watch(completion.word, async (now) => {
    if (now && all.value.length === 0) all.value = (await loadEmoji(locale.value).catch(handled('emoji'))) ?? []
  })

  function put(start: number, end: number, emoji: string): void {
    const element = field()
    if (element) write(element, emoji, start, end)
  }

  /** `composing`: the input method still works on the word, which must not change under it. */
  function typed(composing: boolean): void {
    completion.typed()
    const caret = field()?.selectionStart ?? 0
    const closed = composing ? undefined : closedShortCode(text.value, caret)
    if (!closed || !isLiveBehind(text.value.slice(0, closed.start))) return
    const code = closed.code.toLowerCase()
    const meant = all.value.find(({ codes }) => codes.includes(code))
    if (meant) put(closed.start, caret, inTone(meant, skinTone.value))
  }

  return { ...completion, typed }
}
