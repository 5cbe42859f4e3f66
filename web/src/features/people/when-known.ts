import { until } from '@vueuse/core'
import { useDirectory } from '../../stores/directory.js'

/** Longest wait for a profile: what has to be said is said then, with what is known. */
const PROFILE_MS = 3_000

/** Resolves when the profile of a person is loaded, or after a while without it; at once for nobody (empty id). */
export async function whenKnown(userId: string): Promise<void> {
  const directory = useDirectory()
  if (userId === '' || directory.user(userId)) return
  await until(() => directory.user(userId) !== undefined).toBe(true, { timeout: PROFILE_MS })
}
