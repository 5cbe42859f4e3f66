/// <reference lib="webworker" />
import { listenForPush } from './push.js'
import { activate, answerAsset, answerPage, install, kindOf, type Shell } from './shell-cache.js'

/**
 * The service worker. It answers requests for the shell from the cache; a new version waits until the person accepts it
 * (message `take over`, see features/shell/updates.ts), so that no open window changes under the person's hands.
 * Push messages are handled in a separate module.
 */
declare const self: ServiceWorkerGlobalScope
/** Inserted by the build (build/service-worker.ts). */
declare const __SHELL__: Shell

self.addEventListener('install', (event) => event.waitUntil(install(caches, __SHELL__, self.location.origin)))
self.addEventListener('activate', (event) => event.waitUntil(activate(caches, __SHELL__)))
self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(self.skipWaiting())
})
self.addEventListener('fetch', (event) => {
  const kind = kindOf(event.request, self.location.origin, __SHELL__)
  if (kind === 'page') event.respondWith(answerPage(caches, __SHELL__, event.request))
  if (kind === 'asset') event.respondWith(answerAsset(caches, __SHELL__, event.request))
})
listenForPush(self)
