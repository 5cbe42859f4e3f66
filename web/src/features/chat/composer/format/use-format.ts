import { shallowRef } from 'vue'
import { handled } from '../../../../diagnostics/log.js'
import type { formatsOf } from './formats.js'

/** What formats the text of a field: fetched when somebody begins to write there. */
export function useFormat(field: () => HTMLTextAreaElement | undefined) {
  const formats = shallowRef<ReturnType<typeof formatsOf>>()
  async function load(): Promise<void> {
    formats.value ??= (await import('./formats.js')).formatsOf(field)
  }
  const begin = (): void => void load().catch(handled('format.code'))
  return { formats, begin }
}
