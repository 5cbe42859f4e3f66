import { setTimeout as wait } from 'node:timers/promises'

/** Longest time without one more message before the servers are considered stuck. */
const SILENCE_MS = 60_000
const LOOK_MS = 50

/**
 * Resolves when the mirrors together hold `messages` messages. Errors: a sentence when they hold more, or when none has arrived for a minute.
 * @param {import('@nats-io/jetstream').JetStreamManager} manager @param {readonly string[]} names @param {number} messages
 */
export async function untilMirrored(manager, names, messages) {
  let held = -1
  for (let since = Date.now(); held !== messages; await wait(LOOK_MS)) {
    const infos = await Promise.all(names.map((name) => manager.streams.info(name)))
    const now = infos.reduce((sum, { state }) => sum + state.messages, 0)
    if (now !== held) since = Date.now()
    held = now
    if (held > messages || (held !== messages && Date.now() - since > SILENCE_MS)) {
      throw new Error(
        `${names.join(', ')} got ${held} messages instead of ${messages}: repeat the command (a restore with --replace).`,
      )
    }
  }
}
