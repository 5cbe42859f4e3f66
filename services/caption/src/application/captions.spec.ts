import { newSealKey, type SealKey, sealsOf } from '@beseda/client-protocol/sealed'
import { unpackSpeech } from '@beseda/client-protocol/speech'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, test } from 'vitest'
import { Captions } from './captions.js'
import type { CaptionResult } from './ports.js'

const ANN = { userId: 'ann', deviceId: 'laptop' }
const SOUND = new Uint8Array(8_000).fill(3)

/** An engine that answers when the test says so. */
async function captions({ parallel = 1 } = {}) {
  const key = await newSealKey(crypto)
  const results: CaptionResult[] = []
  const heard: Int16Array[] = []
  const answers: ((text: string | Error) => void)[] = []
  let now = 0
  const all = new Captions(
    {
      text: (sound) => {
        heard.push(sound)
        return new Promise((resolve, reject) =>
          answers.push((text) => (text instanceof Error ? reject(text) : resolve(text))),
        )
      },
    },
    { check: async () => undefined },
    { transcribed: (result) => void results.push(result) },
    { key, parallel, now: () => now },
  )
  /** What a device does: seals, asks, opens. */
  const say = async (speaker = ANN, own?: SealKey, service = all.publicKey): Promise<string> => {
    const mine = own ?? (await newSealKey(crypto))
    const seals = await sealsOf(crypto, mine, { device: mine.publicKey, service: Uint8Array.from(service) })
    const utterance = {
      callToken: 'token',
      language: 'en',
      publicKey: mine.publicKey,
      sealed: await seals.asked.seal(SOUND),
    }
    const sealed = await all.transcribe(utterance, speaker, new AbortController().signal)
    return new TextDecoder().decode(await seals.answered.open(Uint8Array.from(sealed)))
  }
  const asked = async (count: number) => {
    await expect.poll(() => heard.length).toBe(count)
  }
  return { say, asked, heard, answers, results, pass: (ms: number) => (now += ms) }
}
const reasonOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error as { reason: ErrorReason },
  )
  return error && ErrorReason[error.reason]
}

test('the engine hears what was sealed, and the device reads what the engine says', async () => {
  const { say, asked, heard, answers, results } = await captions()
  const said = say()
  await asked(1)
  answers[0]?.(' It was the best of times. ')
  expect(await said).toBe('It was the best of times.')
  expect([heard, results]).toEqual([[unpackSpeech(SOUND)], ['text']])
})

test('what was sealed for another key is refused: the device asks for the new one', async () => {
  const { say, heard } = await captions()
  const { publicKey } = await newSealKey(crypto)
  expect(await reasonOf(say(ANN, undefined, publicKey))).toBe('BAD_DEVICE_KEY')
  expect(heard).toEqual([])
})

test('an engine that fails says nothing to anybody but that it fails', async () => {
  const { say, asked, answers, results } = await captions()
  const said = reasonOf(say())
  await asked(1)
  answers[0]?.(new Error('cannot make text of "the secret"'))
  expect([await said, results]).toEqual(['UNAVAILABLE', ['failed']])
})

test('one person has two pieces at a time, on all their devices; the third is dropped', async () => {
  const { say, asked, answers, results } = await captions()
  const devices = ['laptop', 'phone', 'tablet'].map((deviceId) => ({ ...ANN, deviceId }))
  const said = devices.map((device) => say(device)).map((one) => one.catch(({ reason }) => ErrorReason[reason]))
  await expect.poll(() => results).toEqual(['busy'])
  answers[0]?.('one')
  await asked(2)
  answers[1]?.('two')
  expect((await Promise.all(said)).toSorted()).toEqual(['RATE_LIMITED', 'one', 'two'])
})

test('a bounded number waits, and none for longer than a caption is worth', async () => {
  const { say, asked, answers, results, pass } = await captions()
  const people = Array.from({ length: 6 }, (_, i) => ({ userId: `p${i}`, deviceId: `d${i}` }))
  const said = people.map((speaker) => say(speaker).catch(({ reason }) => ErrorReason[reason]))
  await expect.poll(() => results).toEqual(['busy'])
  pass(5_001)
  answers[0]?.('one')
  expect((await Promise.all(said)).toSorted()).toEqual([...Array(5).fill('RATE_LIMITED'), 'one'])
  expect(results.filter((result) => result === 'text')).toHaveLength(1)
  // The place is free again.
  const later = say()
  await asked(2)
  answers[1]?.('later')
  expect(await later).toBe('later')
})
