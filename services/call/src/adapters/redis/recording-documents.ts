import { RedisDocuments } from '@beseda/platform'
import type { Redis } from 'ioredis'
import type { RecordingDocument, RecordingDocuments } from '../../application/ports.js'

/** Longer than any call: what is left of a recording then is swept with the files that nobody uses. */
const TTL_MS = 24 * 3_600_000

/** Recordings that are not in their conversation yet, in Redis. */
export const redisRecordingDocuments = (redis: Redis): RecordingDocuments =>
  new RedisDocuments<RecordingDocument>(redis, {
    prefix: 'recording:',
    ttlMs: TTL_MS,
    deadlines: { name: 'recording-deadlines', dueAt: ({ lookAt }) => lookAt },
  })
