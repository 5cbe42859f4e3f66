import { readFileSync } from 'node:fs'
import { type Environment, integer, readSfuNodes, type SfuNode } from '@beseda/platform'
import { RING_SECONDS } from '@beseda/rules'
import type { IceConfig } from './application/call-access.js'
import { CALL_LIMIT, type CallLimits } from './domain/session.js'

/** Of more people than some 170 the group of keys does not fit into one request (ADR 116). */
const SFU_MOST = 150

export interface SfuConfig {
  readonly nodes: readonly SfuNode[]
  /** Name and secret of the key that all nodes know. */
  readonly key: string
  readonly secret: string
}

export class CallConfig {
  constructor(
    /** How long a call rings. */
    readonly ringMs: number,
    readonly ice: IceConfig,
    readonly sfu: SfuConfig,
    readonly limits: CallLimits,
  ) {}
}

/**
 * Reads CALLS_RING_S, CALLS_MESH_LIMIT, STUN_URLS, TURN_URLS, TURN_SECRET, TURN_TTL_S, CALLS_RELAY_ONLY, SFU_NODES, SFU_KEY, SFU_SECRET_FILE and
 * SFU_LIMIT. Errors: a sentence that names the variable.
 */
export function readCallConfig(env: Environment): CallConfig {
  const sfu = readSfuConfig(env)
  const mesh = integer(env, 'CALLS_MESH_LIMIT', CALL_LIMIT, 2, CALL_LIMIT)
  const most = sfu.nodes.length > 0 ? integer(env, 'SFU_LIMIT', 50, mesh, SFU_MOST) : mesh
  const ringMs = integer(env, 'CALLS_RING_S', RING_SECONDS, 1, 300) * 1_000
  return new CallConfig(ringMs, readIceConfig(env), sfu, { mesh, most })
}

function readSfuConfig(env: Environment): SfuConfig {
  const nodes = readSfuNodes(env)
  const key = env.SFU_KEY || 'beseda'
  if (nodes.length === 0) return { nodes, key, secret: '' }
  if (!env.SFU_SECRET_FILE) throw new Error('SFU_NODES needs SFU_SECRET_FILE')
  const secret = readFileSync(env.SFU_SECRET_FILE, 'utf8').trim()
  if (secret.length < 32) throw new Error('SFU_SECRET_FILE must hold at least 32 characters')
  return { nodes, key, secret }
}

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
