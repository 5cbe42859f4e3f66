import { newSealKey, sealsOf } from '@beseda/client-protocol/sealed'
import { packSpeech } from '@beseda/client-protocol/speech'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Clock } from '../../../../time/clock.js'
import type { CaptionEngine } from './port.js'

/** Text that comes later is dropped: what it belongs to has passed. */
const LATE_MS = 5_000
/** Pieces on their way at one time: the server takes no more of one person. */
const MOST_RUNNING = 2
/** Refusals one after another after which the server has no engine any more. One that is busy, or a moment without network, is no end. */
const MOST_FAILED = 5

export interface ServerEngineParts {
  readonly clock: Pick<Clock, 'now'>
  /** The contract's CaptionService. */
  readonly api: {
    getCaptionEngine(request: object): Promise<{ readonly publicKey: Uint8Array }>
    transcribe(
      request: {
        readonly callToken: string
        readonly language: string
        readonly publicKey: Uint8Array
        readonly sealed: Uint8Array
      },
      options: { readonly signal: AbortSignal },
    ): Promise<{ readonly sealed: Uint8Array }>
  }
  reasonOf(error: unknown): ErrorReason
  token(): string
  /** Gives pieces of speech from the microphone, until it is closed. */
  listen(track: MediaStreamTrack, onPiece: (samples: Int16Array) => void): Promise<{ close(): void }>
}

/** The operator's engine. Undefined: there is none. Errors: nobody could be asked. */
export async function serverEngine(parts: ServerEngineParts): Promise<CaptionEngine | undefined> {
  try {
    const { publicKey } = await parts.api.getCaptionEngine({})
    return engineOf(parts, Uint8Array.from(publicKey))
  } catch (error) {
    if (parts.reasonOf(error) === ErrorReason.UNAVAILABLE) return undefined
    throw error
  }
}

function engineOf(parts: ServerEngineParts, key: Uint8Array<ArrayBuffer>): CaptionEngine {
  const { clock, api, reasonOf, token } = parts
  let service = key
  const ask = async (samples: Int16Array, language: string, signal: AbortSignal): Promise<string> => {
    const own = await newSealKey(crypto)
    const seals = await sealsOf(crypto, own, { device: own.publicKey, service })
    const sealed = await seals.asked.seal(packSpeech(samples))
    signal.throwIfAborted()
    const answer = await api.transcribe({ callToken: token(), language, publicKey: own.publicKey, sealed }, { signal })
    return new TextDecoder().decode(await seals.answered.open(Uint8Array.from(answer.sealed)))
  }
  /** The service has started anew since: once more, with its new key. */
  const askAgain = async (samples: Int16Array, language: string, signal: AbortSignal): Promise<string> => {
    try {
      return await ask(samples, language, signal)
    } catch (error) {
      if (reasonOf(error) !== ErrorReason.BAD_DEVICE_KEY) throw error
      service = Uint8Array.from((await api.getCaptionEngine({})).publicKey)
      return ask(samples, language, signal)
    }
  }
  return {
    kind: 'server',
    open: async (track, language, { onText, onFailed }) => {
      /** Ends what is on its way, too: whoever takes their word back is not heard from then on. */
      const closed = new AbortController()
      let running = 0
      let failed = 0
      /** Texts are said in the order in which they were spoken. */
      let said = Promise.resolve()
      const sound = await parts.listen(track, (samples) => {
        if (running >= MOST_RUNNING) return
        running++
        const endedAt = clock.now()
        const asking = askAgain(samples, language.split('-')[0] ?? '', closed.signal).then(
          (text) => {
            failed = 0
            return text
          },
          (error: unknown) => {
            failed++
            if (failed === MOST_FAILED && !closed.signal.aborted) {
              close()
              onFailed(error)
            }
            return ''
          },
        )
        const before = said
        said = asking.then(async (text) => {
          running--
          await before
          if (!closed.signal.aborted && text !== '' && clock.now() - endedAt <= LATE_MS) onText(text)
        })
      })
      const close = () => {
        closed.abort()
        sound.close()
      }
      return { close }
    },
  }
}
