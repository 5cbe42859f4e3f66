import { onMounted, shallowRef } from 'vue'
import { mail } from '../../net/index.js'

/** Whether this installation sends mail. Not, until it says so. */
export function useMailOffered() {
  const offered = shallowRef(false)
  onMounted(async () => {
    // Whoever cannot be asked offers nothing: the link can be copied all the same.
    offered.value = await mail.getEmail({}).then(
      ({ available }) => available,
      () => false,
    )
  })
  return offered
}
