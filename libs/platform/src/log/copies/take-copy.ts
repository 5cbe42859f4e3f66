import { type FileHandle, open, rm } from 'node:fs/promises'
import { type NatsConnection, NoRespondersError, RequestError } from '@nats-io/transport-node'
import { DONE, type Offer, opened, PART_BYTES } from './parts.js'

export interface TakeOptions {
  readonly nats: NatsConnection
  readonly subject: string
  /** Where the copy is written. Afterwards it is there as a whole, or not at all. */
  readonly target: string
  readonly signal: AbortSignal
}

/** Parts on their way at once. More: a burst for the bus and the giver; fewer: the way there and back is waited for. */
const AT_ONCE = 8
/** Time for one answer. The giver first moves its write-ahead log into the file. */
const ANSWER_MS = 15_000
/** How long a replica that is busy is asked again, about as long as a copy takes; then the log is read. */
const PATIENCE_MS = 60_000
const AGAIN_MS = 500

/**
 * Asks the other replicas of the service for a copy of their view. Returns its bytes; undefined: nobody has one to give. Errors: the
 * copy has not arrived.
 */
export async function takeCopy(options: TakeOptions): Promise<number | undefined> {
  const { nats, subject, target } = options
  const offer = await askForOffer(options)
  if (!offer) return undefined
  const from = `${subject}.${offer.id}`
  try {
    const handle = await open(target, 'w')
    try {
      await takeParts(options, handle, from, offer.bytes)
      // What is half on the disk after a power cut must not pass for a view.
      await handle.sync()
    } finally {
      await handle.close()
    }
    return offer.bytes
  } catch (error) {
    await rm(target, { force: true })
    throw error
  } finally {
    if (!nats.isClosed()) nats.publish(from, DONE)
  }
}

async function askForOffer({ nats, subject, signal }: TakeOptions): Promise<(Offer & { kind: 'offer' }) | undefined> {
  const until = performance.now() + PATIENCE_MS
  while (!signal.aborted && performance.now() < until) {
    const offer = await nats.request(subject, '', { timeout: ANSWER_MS }).then(
      (message) => message.json<Offer>(),
      (error: unknown) => {
        if (isNobody(error)) return undefined
        throw error
      },
    )
    if (offer?.kind !== 'busy') return offer
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
  return undefined
}

const isNobody = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())

async function takeParts(
  { nats, signal }: TakeOptions,
  handle: FileHandle,
  from: string,
  bytes: number,
): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let at = next; at < bytes; at = next) {
      next = at + PART_BYTES
      signal.throwIfAborted()
      const part = opened((await nats.request(from, String(at), { timeout: ANSWER_MS })).data)
      if (part.length !== Math.min(PART_BYTES, bytes - at)) throw new Error('a part of a copy has another length')
      await handle.write(part, 0, part.length, at)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}
