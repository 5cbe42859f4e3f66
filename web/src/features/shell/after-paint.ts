import { handled } from '../../diagnostics/log.js'
import { loadOverlays } from '../../ui/overlays/use-overlay.js'

/** Chunks that the next click may need, the likeliest first. */
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

/** Prefetches them one after another, when the first screen is shown and the browser is idle. */
export async function fetchTheRest(): Promise<void> {
  for (const part of NEXT) {
    await new Promise<void>((done) => {
      if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 2_000 })
      else setTimeout(done, 200)
    })
    // A chunk that fails here is requested again when it is needed.
    await part().catch(handled('code.prefetch'))
  }
}
