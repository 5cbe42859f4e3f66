import { handled } from '../../diagnostics/log.js'
import { loadOverlays } from '../../ui/overlays/use-overlay.js'

/** What the next press asks for, in the order of how soon it comes. */
const NEXT = [
  loadOverlays,
  () => import('../chat/message/MessageMenu.vue'),
  () => import('../people/ProfileDetails.vue'),
  () => import('../palette/Palette.vue'),
  () => import('../chat/search/SearchPanel.vue'),
  () => import('../chat/panels/ThreadPanel.vue'),
  () => import('../chat/panels/PinsPanel.vue'),
  () => import('../members/MembersPanel.vue'),
  () => import('../settings/SettingsDialog.vue'),
  () => import('../chat/composer/MentionList.vue'),
  () => import('../chat/emoji/EmojiList.vue'),
  () => import('../chat/composer/ComposerFiles.vue'),
  () => import('../calls/records/CallEntryLine.vue'),
  () => import('../notifications/sound.js'),
  () => import('../chat/composer/recorder.js'),
]

/** Fetches it when the first screen stands and the browser has nothing to do, one after the other. */
export async function fetchTheRest(): Promise<void> {
  for (const part of NEXT) {
    await new Promise<void>((done) => {
      if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 2_000 })
      else setTimeout(done, 200)
    })
    // What does not come now is asked for again when it is wanted.
    await part().catch(handled('code.prefetch'))
  }
}
