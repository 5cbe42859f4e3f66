import { computed, nextTick, ref, useId, watch } from 'vue'
import { nextIndex } from './use-roving.js'

export interface ComboboxOptions<T> {
  /** What is offered now, in order. */
  readonly options: () => readonly T[]
  readonly choose: (option: T) => void
  /** What is offered answers an earlier text: Enter chooses nothing yet. */
  readonly stale?: () => boolean
}

/**
 * A text field with a list of options (WAI-ARIA Authoring Practices, "Combobox"): the focus stays in the field, the arrows move a highlight, and
 * Enter chooses the highlighted option. Enter never submits the form around the field; Ctrl or Cmd with Enter does. Bind `field` on the input,
 * `list` on the element with the options and `option(index)` on each of them.
 */
export function useCombobox<T>({ options, choose, stale = () => false }: ComboboxOptions<T>) {
  const id = useId()
  const at = ref(0)
  const idOf = (index: number) => `${id}-${index}`
  watch(options, () => {
    at.value = 0
  })
  watch(at, async () => {
    await nextTick()
    document.getElementById(idOf(at.value))?.scrollIntoView({ block: 'nearest' })
  })

  function onKeydown(event: KeyboardEvent): void {
    // Enter of an input method ends the composition.
    if (event.isComposing) return
    if (event.key === 'Enter') {
      event.preventDefault()
      if (event.ctrlKey || event.metaKey) submitAround(event.target)
      else if (!stale()) pick(at.value)
      return
    }
    // Home and End move the text cursor.
    if (event.key === 'Home' || event.key === 'End' || event.altKey || event.ctrlKey || event.metaKey) return
    const next = nextIndex(event.key, at.value, options().length, { loop: true })
    if (next === undefined) return
    event.preventDefault()
    at.value = next
  }

  function pick(index: number): void {
    const option = options()[index]
    if (option !== undefined) choose(option)
  }

  const field = computed(() => ({
    role: 'combobox',
    'aria-autocomplete': 'list' as const,
    'aria-expanded': options().length > 0,
    'aria-controls': `${id}-list`,
    'aria-activedescendant': options().length > 0 ? idOf(at.value) : undefined,
    autocomplete: 'off',
    onKeydown,
  }))
  const list = { id: `${id}-list`, role: 'listbox' }
  const option = (index: number) => ({
    id: idOf(index),
    role: 'option',
    // The focus stays in the field.
    tabindex: -1,
    'data-highlighted': index === at.value || undefined,
    onPointerdown: (event: Event) => event.preventDefault(),
    onPointermove: () => {
      at.value = index
    },
    onClick: () => pick(index),
  })
  return { id, at, field, list, option }
}

function submitAround(target: EventTarget | null): void {
  if (target instanceof HTMLInputElement) target.form?.requestSubmit()
}

/** For the other fields of a form that is sent by its button: Enter alone sends nothing, Ctrl or Cmd with Enter does. */
export function onlyDeliberately(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || event.isComposing || event.defaultPrevented) return
  if (!(event.target instanceof HTMLInputElement)) return
  event.preventDefault()
  if (event.ctrlKey || event.metaKey) submitAround(event.target)
}
