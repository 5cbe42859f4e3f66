import { storedSession } from '../net/stored-session.js'
import { systemClock } from '../time/clock.js'
import type { Step } from './client-log.js'
import { log } from './log.js'
import { Reporter } from './reporter.js'
import { VERSION } from './version.js'

/** Reports the present and future steps of the log. */
export function startReporting(): void {
  const reporter = new Reporter({ clock: systemClock, random: Math.random, send })
  log.reportTo((step) => reporter.take(step))
  window.addEventListener('pagehide', () => void reporter.flush())
}

/** `POST /telemetry/v1/events` (beseda.gateway.v1.ClientEvents). Uses the current token, if any; never refreshes one. */
async function send(events: readonly Step[]): Promise<void> {
  const kept = storedSession()
  const authorization: Record<string, string> =
    kept && kept.expiresAt > Date.now() ? { Authorization: `Bearer ${kept.accessToken}` } : {}
  const body = {
    version: VERSION,
    events: events.map(({ at, source, reason, durationMs, kind, stack }) => ({
      kind: `CLIENT_EVENT_KIND_${kind}`,
      time: new Date(at).toISOString(),
      source,
      reason,
      durationMs,
      stack,
    })),
  }
  await fetch('/telemetry/v1/events', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...authorization },
    body: JSON.stringify(body),
    keepalive: true,
  })
}
