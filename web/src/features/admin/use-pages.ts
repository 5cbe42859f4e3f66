import { ref, shallowRef } from 'vue'
import { useTask } from '../../ui/use/use-task.js'

/** A list loaded page by page. `fetch` gets the token of the page to load (undefined for the first) and returns the token of the next. */
export function usePages<Row, Token>(
  fetch: (token: Token | undefined) => Promise<{ rows: readonly Row[]; next: Token | undefined }>,
) {
  const rows = shallowRef<readonly Row[]>([])
  const next = shallowRef<Token>()
  const loaded = ref(false)
  /** Only the answer to the newest request is used. */
  let asked = 0

  async function load(token: Token | undefined): Promise<void> {
    const number = ++asked
    const page = await fetch(token)
    if (number !== asked) return
    rows.value = token === undefined ? page.rows : [...rows.value, ...page.rows]
    next.value = page.next
    loaded.value = true
  }
  const more = useTask(() => load(next.value))
  const error = shallowRef<unknown>()
  const refresh = async () => {
    error.value = undefined
    await load(undefined).catch((reason: unknown) => {
      error.value = reason
    })
  }
  return { rows, next, loaded, error, more, refresh }
}
