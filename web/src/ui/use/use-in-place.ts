import { nextTick, type Ref, ref } from 'vue'

/** What opens in the place of its button, and closes again: the focus goes along, to the first field or button of `place`. */
export function useInPlace(place: Readonly<Ref<HTMLElement | null>>) {
  const shown = ref(false)
  async function show(now: boolean): Promise<void> {
    shown.value = now
    await nextTick()
    place.value?.querySelector<HTMLElement>('input, button')?.focus()
  }
  return { shown, show }
}
