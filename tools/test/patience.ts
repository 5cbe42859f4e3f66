import { vi } from 'vitest'
import { PATIENCE_MS } from '../../libs/testkit/src/patience.js'

// `expect.poll` takes its limit from the configuration; the other waits of Vitest know only what each call says, and give up after a second.
type Options = number | { timeout?: number; interval?: number; message?: string }
type Wait = (callback: () => unknown, options?: Options) => Promise<unknown>

/** The same wait, with the patience of every test. Vitest runs this once for each file, and keeps `vi` between files. */
export function patient(wait: Wait): Wait {
  if (wait.name === 'waitPatiently') return wait
  return function waitPatiently(callback, options = {}) {
    return wait(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options })
  }
}

Object.assign(vi, { waitFor: patient(vi.waitFor as Wait), waitUntil: patient(vi.waitUntil as Wait) })
