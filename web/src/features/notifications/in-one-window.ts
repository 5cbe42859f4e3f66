import { locks } from '../../browser.js'

/** Only one window of the browser plays the sound; the others stay silent for this long. */
const ONE_WINDOW_MS = 2_000

/** Runs in one window only: the first. */
export async function inOneWindow(name: string, run: () => void): Promise<void> {
  if (!locks) {
    run()
    return
  }
  await locks.request(`beseda.notify.${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    run()
    await new Promise((resolve) => setTimeout(resolve, ONE_WINDOW_MS))
  })
}
