import { newSealKey, type SealKey, sealsOf } from '@beseda/client-protocol/sealed'
import { unpackSpeech } from '@beseda/client-protocol/speech'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { browserEngine, type Recognition } from './browser-engine.js'
import type { CaptionEngine } from './port.js'
import { serverEngine } from './server-engine.js'

/** What stands behind the engine under test: it recognises what the test says. */
interface Bench {
  readonly engine: CaptionEngine
  /** Somebody has said this. */
  recognise(text: string): Promise<void>
  fail(): Promise<void>
  isListening(): boolean
}
const TRACK = { readyState: 'live' } as MediaStreamTrack
class Refused extends Error {
  constructor(readonly reason: ErrorReason) {
    super()
  }
}
const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve))
}
afterEach(() => vi.unstubAllGlobals())

/** A service of the test's own, with real seals. */
async function service() {
  let key: SealKey = await newSealKey(crypto)
  let now = 0
  const state = {
    answers: [] as (string | ErrorReason)[],
    heard: [] as Int16Array[],
    languages: [] as string[],
    takesMs: 0,
    piece: undefined as ((samples: Int16Array) => void) | undefined,
    anew: async () => {
      key = await newSealKey(crypto)
    },
  }
  const engine = await serverEngine({
    clock: { now: () => now },
    reasonOf: (error) => (error as Refused).reason ?? ErrorReason.UNSPECIFIED,
    token: () => 'token',
    listen: async (_, onPiece) => {
      state.piece = onPiece
      return {
        close: () => {
          state.piece = undefined
        },
      }
    },
    api: {
      getCaptionEngine: async () => ({ publicKey: key.publicKey }),
      transcribe: async ({ publicKey, sealed, language }, { signal }) => {
        const seals = await sealsOf(crypto, key, { device: Uint8Array.from(publicKey), service: key.publicKey })
        const sound = await seals.asked.open(Uint8Array.from(sealed)).catch(() => {
          throw new Refused(ErrorReason.BAD_DEVICE_KEY)
        })
        signal.throwIfAborted()
        state.heard.push(unpackSpeech(sound))
        state.languages.push(language)
        now += state.takesMs
        const answer = state.answers.shift() ?? ''
        if (typeof answer !== 'string') throw new Refused(answer)
        return { sealed: await seals.answered.seal(new TextEncoder().encode(answer)) }
      },
    },
  })
  return { engine: engine as CaptionEngine, state }
}

const onServer = async (): Promise<Bench> => {
  const { engine, state } = await service()
  const say = async (answer: string | ErrorReason) => {
    state.answers.push(answer)
    state.piece?.(new Int16Array(1_600).fill(500))
    await settled()
  }
  return {
    engine,
    recognise: say,
    fail: async () => {
      for (let i = 0; i < 5; i++) await say(ErrorReason.UNAVAILABLE)
    },
    isListening: () => state.piece !== undefined,
  }
}

const inBrowser = async (): Promise<Bench> => {
  const started: Recognition[] = []
  class Fake {
    processLocally = false
    onresult: Recognition['onresult'] = null
    onerror: Recognition['onerror'] = null
    onend: Recognition['onend'] = null
    start() {
      started.push(this as never)
    }
    abort() {
      started.length = 0
    }
    static available = async ({ processLocally }: { processLocally: boolean }) =>
      processLocally ? 'available' : 'downloadable'
  }
  Object.defineProperty(Fake.prototype, 'processLocally', { value: false, writable: true })
  vi.stubGlobal('SpeechRecognition', Fake)
  const engine = (await browserEngine('en')) as CaptionEngine
  const current = () => started.at(-1)
  return {
    engine,
    recognise: async (text) => {
      expect(current()?.processLocally).toBe(true)
      const result = Object.assign([{ transcript: text }], { isFinal: true })
      current()?.onresult?.({ resultIndex: 0, results: [result] })
    },
    fail: async () => current()?.onerror?.({ error: 'language-not-supported' }),
    isListening: () => started.length > 0,
  }
}

describe.each([
  ['the server’s engine', onServer],
  ['the browser’s recogniser', inBrowser],
])('%s', (_, make) => {
  async function opened() {
    const bench = await make()
    const events = { onText: vi.fn(), onFailed: vi.fn() }
    const open = await bench.engine.open(TRACK, 'en', events)
    return { bench, events, open }
  }

  test('says what was recognised, in its order, and nothing of silence', async () => {
    const { bench, events } = await opened()
    for (const text of ['one', '', 'two']) await bench.recognise(text)
    expect(events.onText.mock.calls).toEqual([['one'], ['two']])
  })

  test('says nothing after it was closed, and listens no longer', async () => {
    const { bench, events, open } = await opened()
    expect(bench.isListening()).toBe(true)
    open.close()
    expect(bench.isListening()).toBe(false)
    await bench.recognise('late').catch(() => undefined)
    expect(events.onText).not.toHaveBeenCalled()
  })

  test('says once that it has failed', async () => {
    const { bench, events } = await opened()
    await bench.fail()
    expect(events.onFailed).toHaveBeenCalledTimes(1)
  })
})

describe('the server’s engine', () => {
  test('is asked again with its new key when the service has started anew', async () => {
    const { engine, state } = await service()
    const onText = vi.fn()
    await engine.open(TRACK, 'ru-RU', { onText, onFailed: vi.fn() })
    await state.anew()
    state.answers.push('снова')
    state.piece?.(new Int16Array(1_600).fill(500))
    await expect.poll(() => [onText.mock.calls, state.languages]).toEqual([[['снова']], ['ru']])
  })

  test('hears nothing more of who takes their word back, not even what was on its way', async () => {
    const { engine, state } = await service()
    const events = { onText: vi.fn(), onFailed: vi.fn() }
    const open = await engine.open(TRACK, 'en', events)
    // It would be sent once more, for the new key.
    await state.anew()
    state.piece?.(new Int16Array(1_600).fill(500))
    open.close()
    await settled()
    expect([state.heard, events.onText.mock.calls, events.onFailed.mock.calls]).toEqual([[], [], []])
  })

  test('is late: the text is dropped', async () => {
    const { engine, state } = await service()
    const onText = vi.fn()
    await engine.open(TRACK, 'en', { onText, onFailed: vi.fn() })
    state.takesMs = 5_001
    state.answers.push('late')
    state.piece?.(new Int16Array(1_600))
    await settled()
    expect([onText.mock.calls, state.heard.length]).toEqual([[], 1])
  })

  test('is not there: nothing is offered', async () => {
    const refuse = async () => {
      throw new Refused(ErrorReason.UNAVAILABLE)
    }
    const parts = { clock: { now: () => 0 }, token: () => '', listen: refuse as never }
    const reasonOf = (error: unknown) => (error as Refused).reason
    const api = { getCaptionEngine: refuse, transcribe: refuse }
    expect(await serverEngine({ ...parts, reasonOf, api })).toBeUndefined()
  })
})

test('a recogniser that would send what is said elsewhere is not used', async () => {
  expect(await browserEngine('en')).toBeUndefined()
  class Remote {
    static available = async () => 'available'
  }
  vi.stubGlobal('SpeechRecognition', Remote)
  expect(await browserEngine('en')).toBeUndefined()
})
