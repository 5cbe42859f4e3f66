import { ref, shallowRef } from 'vue'

/** One action of a form: whether it is running, and why the last attempt failed. */
export function useTask<A extends unknown[]>(work: (...args: A) => Promise<void>) {
  const busy = ref(false)
  const error = shallowRef<unknown>()
  async function run(...args: A): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = undefined
    try {
      await work(...args)
    } catch (reason) {
      error.value = reason
    } finally {
      busy.value = false
    }
  }
  return { busy, error, run }
}
