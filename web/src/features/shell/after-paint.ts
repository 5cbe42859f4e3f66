import { loadOverlays } from '../../ui/use-overlay.js'

/** What the next press asks for, in the order of how soon it comes. */
const NEXT = [
  loadOverlays,
  () => import('../chat/MessageMenu.vue'),
  () => import('../people/ProfileDetails.vue'),
  () => import('../palette/Palette.vue'),
  () => import('../chat/SearchPanel.vue'),
  () => import('../chat/ThreadPanel.vue'),
  () => import('../chat/PinsPanel.vue'),
  () => import('../members/MembersPanel.vue'),
  () => import('../settings/SettingsDialog.vue'),
]

/** Fetches it when the first screen stands and the browser has nothing to do, one after the other. */
export async function fetchTheRest(): Promise<void> {
  for (const part of NEXT) {
    await new Promise<void>((done) => {
      if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 2_000 })
      else setTimeout(done, 200)
    })
    // What does not come now is asked for again when it is wanted.
    await part().catch(() => undefined)
  }
}
