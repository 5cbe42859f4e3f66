import { setTimeout as wait } from 'node:timers/promises'

/** @typedef {import('@nats-io/jetstream').JetStreamManager} JetStreamManager */
/** @typedef {import('@nats-io/jetstream').StreamConfig} StreamConfig */

/** Longest time without one more message before mirrors are made anew. Longer: a mirror that hangs holds up the command; shorter: one on a slow disk begins again and again. */
const SILENCE_MS = 60_000
/** How often. After that it is not the mirrors that are stuck. */
const TRIES = 3
const LOOK_MS = 50

/**
 * Creates mirrors, and resolves when they together hold `messages` messages. A server whose cluster has just elected anew may leave a mirror
 * standing for longer than anybody waits, so such mirrors are deleted and made again: what they follow has everything. Errors: a sentence when
 * they hold more, or when that has not helped either.
 * @param {JetStreamManager} manager @param {readonly (Partial<StreamConfig> & { name: string })[]} configs @param {number} messages
 * @param {number} [silenceMs]
 */
export async function makeMirrors(manager, configs, messages, silenceMs = SILENCE_MS) {
  const names = configs.map(({ name }) => name)
  let held = 0
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) for (const name of names) await manager.streams.delete(name)
    for (const config of configs) await manager.streams.add(config)
    held = await heldAtLast(manager, names, messages, silenceMs)
    if (held === messages) return
    if (held > messages) break
  }
  throw new Error(
    `${names.join(', ')} got ${held} messages instead of ${messages}: repeat the command (a restore with --replace).`,
  )
}

/** As soon as it is `messages` or more, or has not changed for `silenceMs`. @param {JetStreamManager} manager @param {readonly string[]} names @param {number} messages @param {number} silenceMs */
async function heldAtLast(manager, names, messages, silenceMs) {
  let held = -1
  for (let since = Date.now(); ; await wait(LOOK_MS)) {
    const infos = await Promise.all(names.map((name) => manager.streams.info(name)))
    const now = infos.reduce((sum, { state }) => sum + state.messages, 0)
    if (now !== held) since = Date.now()
    held = now
    if (held >= messages || Date.now() - since > silenceMs) return held
  }
}
