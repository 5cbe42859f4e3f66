import { type Environment, integer } from '@beseda/platform'
import { RING_SECONDS } from '@beseda/rules'
import type { IceConfig } from './application/call-access.js'

export class CallConfig {
  constructor(
    /** How long a call rings. */
    readonly ringMs: number,
    readonly ice: IceConfig,
  ) {}
}

/** Reads CALLS_RING_S, STUN_URLS, TURN_URLS, TURN_SECRET, TURN_TTL_S and CALLS_RELAY_ONLY. Errors: a sentence that names the variable. */
export const readCallConfig = (env: Environment): CallConfig =>
  new CallConfig(integer(env, 'CALLS_RING_S', RING_SECONDS, 1, 300) * 1_000, readIceConfig(env))

function readIceConfig(env: Environment): IceConfig {
  const [turnUrls, turnSecret] = [listOf(env.TURN_URLS), env.TURN_SECRET || undefined]
  const relayOnly = env.CALLS_RELAY_ONLY === 'true'
  if (relayOnly && (turnUrls.length === 0 || !turnSecret)) {
    throw new Error('CALLS_RELAY_ONLY needs TURN_URLS and TURN_SECRET')
  }
  const turnTtlMs = integer(env, 'TURN_TTL_S', 3_600, 10, 86_400) * 1_000
  return { stunUrls: listOf(env.STUN_URLS), turnUrls, turnSecret, relayOnly, turnTtlMs }
}

const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
