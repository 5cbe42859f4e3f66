import { setTimeout as wait } from 'node:timers/promises'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'
import { PATIENCE_MS } from '../patience.js'

/**
 * Asks again when the server says so: a machine whose processors are busy refuses passwords for a moment, with the time to come back. For tests that are
 * about something else than that limit. Errors: any other refusal.
 */
export async function comingBack<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const info = errorInfo(error)
      if (info?.reason !== ErrorReason.RATE_LIMITED || performance.now() > end) throw error
      await wait(info.retryAfterMs)
    }
  }
}
