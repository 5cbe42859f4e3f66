import { ref, shallowRef } from 'vue'

/** Repeats a fetch: a call during a running fetch starts another after it, so that the newest answer stays. */
export function useRefresh(work: () => Promise<void>) {
  const busy = ref(false)
  const error = shallowRef<unknown>()
  let again = false

  async function run(): Promise<void> {
    again = true
    if (busy.value) return
    busy.value = true
    while (again) {
      again = false
      error.value = undefined
      await work().catch((reason: unknown) => {
        error.value = reason
      })
    }
    busy.value = false
  }
  return { busy, error, run }
}
