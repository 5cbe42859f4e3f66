import { expect, test } from 'vitest'
import { diagnosticsText } from './diagnostics-text.js'

const around = {
  version: '0.1.0+abc',
  userAgent: 'Browser/1',
  language: 'ru',
  now: Date.parse('2026-11-28T12:00:00Z'),
  online: true,
  signedIn: true,
  connection: 'live',
  leading: true,
  serviceWorker: 'active',
}

test('it contains the version, the connection state, and the latest steps', () => {
  const text = diagnosticsText(around, [
    { at: around.now, source: 'page', step: 'started', durationMs: 120, times: 1 },
    { at: around.now, source: 'gateway-link', step: 'closed', reason: '1006', times: 3 },
    { at: around.now, source: 'vue', step: 'error', reason: 'TypeError', stack: ['assets/a.js:1:2'], times: 1 },
  ])
  expect(text).toBe(`Beseda 0.1.0+abc
Time: 2026-11-28T12:00:00.000Z
Browser: Browser/1
Language: ru
Network: online
Signed in: yes
Connection: live, this window owns the socket
Service worker: active

Last steps:
2026-11-28T12:00:00.000Z page: started (120 ms)
2026-11-28T12:00:00.000Z gateway-link: closed (1006, 3 times)
2026-11-28T12:00:00.000Z vue: error (TypeError)
    at assets/a.js:1:2
`)
})

test('a window that is offline, a follower and signed out says so', () => {
  const text = diagnosticsText({ ...around, online: false, leading: false, signedIn: false, connection: 'idle' }, [])
  for (const line of ['Network: offline', 'Signed in: no', 'Connection: idle\n']) expect(text).toContain(line)
})
