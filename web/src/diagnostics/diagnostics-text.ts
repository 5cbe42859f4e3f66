import type { Step } from './client-log.js'

export interface Surroundings {
  readonly version: string
  readonly userAgent: string
  readonly language: string
  /** Unix ms. */
  readonly now: number
  readonly online: boolean
  readonly signedIn: boolean
  /** Status of the connection, and whether this window owns the socket. */
  readonly connection: string
  readonly leading: boolean
  readonly serviceWorker: string
}

const time = (at: number): string => new Date(at).toISOString()

function stepLine({ at, source, step, reason, durationMs, stack = [], times }: Step): string {
  const facts = [
    reason ?? '',
    durationMs === undefined ? '' : `${durationMs} ms`,
    times > 1 ? `${times} times` : '',
  ].filter((fact) => fact !== '')
  const places = stack.map((place) => `\n    at ${place}`).join('')
  return `${time(at)} ${source}: ${step}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}${places}`
}

/**
 * The text that a person sends to their administrator with a problem: in English, because the administrator may read another language than
 * they do. It holds no content, no names, no ids and no tokens.
 */
export const diagnosticsText = (around: Surroundings, steps: readonly Step[]): string =>
  [
    `Beseda ${around.version}`,
    `Time: ${time(around.now)}`,
    `Browser: ${around.userAgent}`,
    `Language: ${around.language}`,
    `Network: ${around.online ? 'online' : 'offline'}`,
    `Signed in: ${around.signedIn ? 'yes' : 'no'}`,
    `Connection: ${around.connection}${around.leading ? ', this window owns the socket' : ''}`,
    `Service worker: ${around.serviceWorker}`,
    '',
    'Last steps:',
    ...steps.map(stepLine),
    '',
  ].join('\n')
