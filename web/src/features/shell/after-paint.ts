import { handled } from '../../diagnostics/log.js'
import { whenIdle } from '../../time/when-idle.js'
import { loadOverlays } from '../../ui/overlays/use-overlay.js'
import { shellKept } from './updates.js'

/** Chunks that the next click may need, the likeliest first. */
const NEXT = [
  // Shown when the server is another one, which may not have it any more.
  () => import('./Elsewhere.vue'),
  loadOverlays,
  () => import('../chat/message/MessageMenu.vue'),
  () => import('../conversation/ConversationItems.vue'),
  () => import('./list/RowMenu.vue'),
  () => import('../chat/composer/format/formats.js'),
  () => import('../people/ProfileDetails.vue'),
  () => import('../palette/Palette.vue'),
  () => import('../chat/search/SearchPanel.vue'),
  () => import('../chat/panels/ThreadPanel.vue'),
  () => import('../chat/panels/PinsPanel.vue'),
  () => import('../members/MembersPanel.vue'),
  () => import('../settings/SettingsDialog.vue'),
  () => import('../chat/composer/mentions/MentionList.vue'),
  () => import('../chat/emoji/EmojiList.vue'),
  () => import('../chat/composer/ComposerFiles.vue'),
  () => import('../calls/records/CallEntryLine.vue'),
  () => import('../notifications/sound.js'),
  () => import('../chat/composer/recorder.js'),
  () => import('../calls/recording/left-here.js').then((left) => left.send()),
]

/** Loads them one after another, when the browser is idle: from the service worker's pack where there is one, which has them all. */
export async function fetchTheRest(): Promise<void> {
  await shellKept()
  for (const part of NEXT) {
    await whenIdle(2_000)
    // A chunk that fails here is requested again when it is needed.
    await part().catch(handled('code.prefetch'))
  }
}
