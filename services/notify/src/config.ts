import { type Environment, flag } from '@beseda/platform'

/** Hosts of the push services of browsers; with a leading dot also everything below. */
const KNOWN_SERVICES = [
  'fcm.googleapis.com',
  'android.googleapis.com',
  '.push.services.mozilla.com',
  '.push.apple.com',
  '.notify.windows.com',
]

export class PushConfig {
  constructor(
    /** Contact for push services (VAPID `sub`): `mailto:` or https. */
    readonly contact: string,
    /** Hosts that pushes may be sent to; with a leading dot also everything below; `*`: every public address. */
    readonly services: readonly string[],
    /** Tests only: also allows this machine, without TLS. */
    readonly allowLoopback: boolean,
  ) {}
}

/** Reads PUSH_CONTACT, PUSH_SERVICES (comma-separated) and PUSH_ALLOW_LOOPBACK. */
export const readPushConfig = (env: Environment): PushConfig =>
  new PushConfig(
    env.PUSH_CONTACT || 'mailto:admin@example.org',
    env.PUSH_SERVICES ? env.PUSH_SERVICES.split(',').map((host) => host.trim()) : KNOWN_SERVICES,
    env.PUSH_ALLOW_LOOPBACK === 'true',
  )

export class LetterConfig {
  constructor(
    /** The installation sends mail: people are written to about what they have missed. */
    readonly available: boolean,
    /** These letters name conversations and people. */
    readonly names: boolean,
  ) {}
}

/** Reads MAIL and MAIL_NAMES. Errors: a sentence that names the variable. */
export const readLetterConfig = (env: Environment): LetterConfig =>
  new LetterConfig(flag(env, 'MAIL', false), flag(env, 'MAIL_NAMES', false))

export class CalendarConfig {
  constructor(
    /** Hosts, with their ports, of calendar servers that may have private addresses and do without TLS. */
    readonly trustedHosts: readonly string[],
  ) {}
}

/** Reads CALENDAR_HOSTS (comma-separated), as `URL.host` has them. Errors: a sentence that names the variable. */
export const readCalendarConfig = (env: Environment): CalendarConfig =>
  new CalendarConfig((env.CALENDAR_HOSTS ?? '').split(',').flatMap((text) => (text.trim() ? hostOf(text.trim()) : [])))

const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::\d+)?$/

/** In small letters and ASCII, without a port that needs not be said. */
function hostOf(text: string): string {
  const invalid = new Error(`CALENDAR_HOSTS must be hosts, like "cloud.lan,radicale.lan:5232", not "${text}"`)
  // The parser leaves out more than it should: an address in place of a host is none.
  if (/[\s/?#@\\]/.test(text)) throw invalid
  const host = hostIn(`https://${hostIn(`http://${text}`)}`)
  if (!HOST.test(host)) throw invalid
  return host
}

const hostIn = (address: string): string => (URL.canParse(address) ? new URL(address).host : '')
