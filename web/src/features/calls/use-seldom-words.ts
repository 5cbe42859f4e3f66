import { type Ref, ref } from 'vue'
import { handled } from '../../diagnostics/log.js'
import { seldomWords } from '../../i18n/index.js'

/** For a mark on a page that does without the seldom texts otherwise: whether they are there. */
export function useSeldomWords(): Ref<boolean> {
  const ready = ref(false)
  seldomWords()
    .then(() => {
      ready.value = true
    })
    .catch(handled('calls.words'))
  return ready
}
