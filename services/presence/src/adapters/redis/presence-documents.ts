import { RedisDocuments } from '@beseda/platform'
import type { Redis } from 'ioredis'
import type { PresenceDocuments } from '../../application/ports.js'
import { nextExpiry, type PresenceDocument } from '../../domain/presence.js'

/** A person who has not been connected for this long has no "last seen" any more. */
const KEEP_MS = 90 * 24 * 3_600_000

export const redisPresenceDocuments = (redis: Redis): PresenceDocuments =>
  new RedisDocuments<PresenceDocument>(redis, {
    prefix: 'presence:',
    ttlMs: KEEP_MS,
    deadlines: { name: 'presence-deadlines', dueAt: nextExpiry },
  })
