import { computed, type InjectionKey, inject, onScopeDispose, type Ref, reactive, ref, shallowRef, watch } from 'vue'

/** Forms in a dialog that would lose something if it closed now. */
export const UNSAVED: InjectionKey<Set<Ref<boolean>>> = Symbol('unsaved')

/**
 * The fields of a form with a Save button, beside what is stored. A dialog asks before it closes over changes (ui/overlays/Modal).
 * What is stored may change meanwhile: fields that nobody has touched follow it.
 */
export function useEdits<T extends object>(stored: () => T) {
  const textOf = (values: object): string => JSON.stringify(values)
  const base = shallowRef<T>({ ...stored() })
  const edited = reactive({ ...stored() }) as T
  const changed = computed(() => textOf(edited) !== textOf(base.value))
  const kept = ref(false)

  watch(
    () => textOf(stored()),
    () => {
      if (!changed.value) Object.assign(edited, stored())
      base.value = { ...stored() }
    },
  )
  watch(changed, (now) => {
    if (now) kept.value = false
  })

  const unsaved = inject(UNSAVED, undefined)
  unsaved?.add(changed)
  onScopeDispose(() => unsaved?.delete(changed))

  return {
    edited,
    /** Something would be lost. */
    changed,
    /** Until the next edit. */
    saved: computed(() => kept.value && !changed.value),
    /**
     * Called when what is in the fields is sent; the result, when it is stored. The fields may have been changed again meanwhile, and what is
     * stored may be known already: by an event that came before the response.
     */
    saving(): () => void {
      const [sent, before] = [{ ...edited }, textOf(stored())]
      return () => {
        const isKnown = textOf(stored()) !== before
        const isUntouched = textOf(edited) === textOf(sent)
        base.value = isKnown ? { ...stored() } : sent
        // The server may have cleaned a text.
        if (isKnown && isUntouched) Object.assign(edited, stored())
        kept.value = true
      }
    },
    /** What is stored is in the fields. */
    reset(): void {
      base.value = { ...stored() }
      Object.assign(edited, stored())
      kept.value = false
    },
  }
}
