import { KeyProviderEvent } from 'livekit-client'
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { TestClock } from '../../../../time/test-clock.js'
import { RoomKeys } from './room-keys.js'
import { SealedWords } from './sealed-words.js'

const ME = 'me'
const bytes = (byte: number) => new Uint8Array(32).fill(byte)
const ofDevices = (...devices: readonly (readonly [string, number])[]) =>
  new Map(devices.map(([deviceId, byte]) => [deviceId, bytes(byte)]))

/** What a key makes of nothing, to tell keys apart that cannot be read. */
async function nameOf(key: CryptoKey | undefined): Promise<string> {
  if (!key) return 'none'
  const salt = new Uint8Array()
  return Buffer.from(
    await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: salt }, key, 64),
  ).toString('hex')
}
const madeOf = async (byte: number) =>
  nameOf(await crypto.subtle.importKey('raw', bytes(byte), 'HKDF', false, ['deriveBits']))

let clock: TestClock
let keys: RoomKeys
let words: SealedWords
let did: string[]
/** As the worker has them: by index and device. */
let held: Map<string, CryptoKey>
let current: number | undefined
let begun: MockInstance<SubtleCrypto['importKey']>
let learned: number

class CountedWords extends SealedWords {
  override async learn(...key: Parameters<SealedWords['learn']>): Promise<void> {
    await super.learn(...key)
    learned += 1
  }
}

beforeEach(() => {
  learned = 0
  begun = vi.spyOn(crypto.subtle, 'importKey') as typeof begun
  clock = new TestClock()
  did = []
  held = new Map()
  current = undefined
  words = new CountedWords(ME, () => clock.now())
  keys = new RoomKeys(clock, ME, words, {
    onSending: () => did.push('sends'),
    onSilent: () => did.push('silent'),
  })
  keys.on(KeyProviderEvent.SetKey, ({ key, participantIdentity, keyIndex }) => {
    held.set(`${keyIndex} ${participantIdentity}`, key)
    if (participantIdentity === ME) current = keyIndex
  })
})

afterEach(() => vi.restoreAllMocks())

/** Keys are made by the browser, which the clock of the test knows nothing of: all that were begun are waited for. */
async function pass(ms: number): Promise<void> {
  await clock.pass(ms)
  do await new Promise((resolve) => setImmediate(resolve))
  while (learned < begun.mock.calls.filter(([, , , , usages]) => [...usages].includes('deriveKey')).length)
  await clock.pass(0)
}
const has = (index: number, deviceId: string) => nameOf(held.get(`${index} ${deviceId}`))
const sendsWith = () => nameOf(held.get(`${current} ${ME}`))

test('keys of others are there at once, and the own one of the next epoch a moment later', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['bob', 11]) })
  await pass(0)
  expect([await sendsWith(), await has(1, 'bob'), did]).toEqual([await madeOf(1), await madeOf(11), ['sends']])
  keys.install({ epoch: 2, own: bytes(2), others: ofDevices(['bob', 12]) })
  await pass(0)
  expect([await sendsWith(), await has(2, 'bob')]).toEqual([await madeOf(1), await madeOf(12)])
  await pass(400)
  expect(await sendsWith()).toBe(await madeOf(2))
})

test('nothing is sent with the key before when there is none to send with: a key that nobody has takes its place', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['bob', 11]) })
  await pass(0)
  keys.install({ epoch: 2, own: bytes(2), others: ofDevices(['bob', 12]) })
  keys.install({ epoch: 3, own: undefined, others: ofDevices(['bob', 13]) })
  await pass(1_000)
  expect([keys.sends, did, await words.seal('hello')]).toEqual([false, ['sends', 'silent'], undefined])
  expect([await madeOf(1), await madeOf(2)]).not.toContain(await sendsWith())
  expect(await has(3, 'bob')).toBe(await madeOf(13))
  // A room that connects again begins with a key that nobody has, too.
  expect(keys.getLatestManuallySetKeyIndex()).toBe(current)
  keys.install({ epoch: 3, own: bytes(3), others: ofDevices(['bob', 13]) })
  await pass(0)
  expect([keys.sends, did.at(-1), await sendsWith()]).toEqual([true, 'sends', await madeOf(3)])
})

test('a key that is still being made is not sent with when there is none any more', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices() })
  keys.install({ epoch: 2, own: undefined, others: ofDevices() })
  await pass(1_000)
  expect([keys.sends, did]).toEqual([false, []])
  expect(await sendsWith()).not.toBe(await madeOf(1))
})

test('keys of an epoch that lasted long are good for a while after it, and not longer', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['bob', 11], ['cat', 21]) })
  await pass(60_000)
  keys.install({ epoch: 2, own: bytes(2), others: ofDevices(['bob', 12]) })
  await pass(9_000)
  expect(await has(1, 'cat')).toBe(await madeOf(21))
  await pass(2_000)
  expect(await has(1, 'cat')).not.toBe(await madeOf(21))
  expect(await has(1, 'bob')).not.toBe(await madeOf(11))
  await pass(60_000)
  expect(await has(2, 'bob')).toBe(await madeOf(12))
})

test('keys of an epoch are forgotten also if they came one after another, and stay when they are given again', async () => {
  keys.install({ epoch: 1, own: undefined, others: ofDevices(['bob', 11]) })
  await pass(20_000)
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['cat', 21]) })
  await pass(20_000)
  expect([await has(1, 'bob'), await has(1, 'cat')]).toEqual([await madeOf(11), await madeOf(21)])
  keys.install({ epoch: 2, own: bytes(2), others: ofDevices() })
  await pass(11_000)
  expect([await madeOf(11), await madeOf(21)]).not.toContain(await has(1, 'bob'))
  expect([await madeOf(11), await madeOf(21)]).not.toContain(await has(1, 'cat'))
})

test('another group of keys that begins anew keeps its own, and none of the one before', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['bob', 11], ['cat', 21]) })
  keys.install({ epoch: 2, own: bytes(2), others: ofDevices(['bob', 12]) })
  keys.install({ epoch: 1, own: bytes(3), others: ofDevices(['bob', 31]) })
  await pass(0)
  expect([await has(1, 'bob'), (await has(1, 'cat')) === (await madeOf(21))]).toEqual([await madeOf(31), false])
  await pass(30_000)
  expect([await has(1, 'bob'), await sendsWith()]).toEqual([await madeOf(31), await madeOf(3)])
})

test('while people come one after another, this device changes to newer keys as they come', async () => {
  keys.install({ epoch: 1, own: bytes(1), others: ofDevices(['bob', 11]) })
  await pass(0)
  for (let epoch = 2; epoch <= 11; epoch++) {
    keys.install({ epoch, own: bytes(epoch), others: ofDevices(['bob', 11]) })
    await pass(100)
  }
  expect(await sendsWith()).not.toBe(await madeOf(1))
  await pass(400)
  expect(await sendsWith()).toBe(await madeOf(11))
})
