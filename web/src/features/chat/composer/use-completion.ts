import { computed, type Ref, ref } from 'vue'

/** The word before the caret that can be completed. */
interface Open {
  readonly start: number
}

interface CompletionParts<Word extends Open, Choice> {
  readonly text: Ref<string>
  readonly field: () => HTMLTextAreaElement | undefined
  /** The word up to the caret; undefined: nothing to complete. */
  readonly open: (text: string, caret: number) => Word | undefined
  readonly choices: (word: Word) => readonly Choice[]
  /** Takes the place of the word. */
  readonly choose: (choice: Choice, word: Word, caret: number) => void
}

/** A list of completions above a text field, and its keys. */
export function useCompletion<Word extends Open, Choice>(parts: CompletionParts<Word, Choice>) {
  const caret = ref(0)
  const active = ref(0)
  const dismissed = ref(false)
  const word = computed(() => (dismissed.value ? undefined : parts.open(parts.text.value, caret.value)))
  const found = computed(() => (word.value ? parts.choices(word.value) : []))

  /** The text has changed. */
  function typed(): void {
    caret.value = parts.field()?.selectionStart ?? 0
    active.value = 0
    dismissed.value = false
  }

  /** The caret may have moved. */
  function moved(): void {
    if (parts.field()?.selectionStart !== caret.value) typed()
  }

  function choose(choice: Choice): void {
    if (word.value) parts.choose(choice, word.value, caret.value)
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

  return { word, found, active, typed, moved, choose, onKey }
}
