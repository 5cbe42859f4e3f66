/// <reference lib="webworker" />
import { answerPlayed, isPlayed } from './played-files.js'
import { listenForPush } from './push.js'
import { isShare, receiveShare } from './share-target.js'
import { activate, answerAsset, answerPage, install, kindOf, type Shell } from './shell-cache.js'

/**
 * The service worker. It answers requests for the shell from the cache; a new version waits until the person accepts it
 * (message `take over`, see features/shell/updates.ts), so that no open window changes under the person's hands.
 * Long films are fetched piece by piece with the token of their page. Push messages are handled in a separate module.
 */
declare const self: ServiceWorkerGlobalScope
/** Inserted by the build (build/service-worker.ts). */
declare const __SHELL__: Shell
const SHELL = __SHELL__

self.addEventListener('install', (event) => event.waitUntil(install(caches, SHELL, self.location.origin)))
// The page that has registered the first worker gets its next parts from it, and does not fetch them a second time.
self.addEventListener('activate', (event) => event.waitUntil(activate(caches, SHELL).then(() => self.clients.claim())))
self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(self.skipWaiting())
})
self.addEventListener('fetch', (event) => {
  if (isPlayed(event.request, self.location.origin)) {
    event.respondWith(self.clients.get(event.clientId).then((page) => answerPlayed(event.request, page)))
    return
  }
  if (isShare(event.request, self.location.origin)) {
    event.respondWith(receiveShare(event.request))
    return
  }
  const kind = kindOf(event.request, self.location.origin, SHELL)
  if (kind === 'page') event.respondWith(answerPage(caches, SHELL, event.request))
  if (kind === 'asset') event.respondWith(answerAsset(caches, SHELL, event.request))
})
listenForPush(self)
