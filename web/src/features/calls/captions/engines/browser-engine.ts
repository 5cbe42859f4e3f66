import type { CaptionEngine } from './port.js'

/** Of the Web Speech API, what is used here; TypeScript does not know it. */
export interface Recognition {
  lang: string
  continuous: boolean
  interimResults: boolean
  processLocally: boolean
  onresult: ((event: { readonly resultIndex: number; readonly results: RecognitionResults }) => void) | null
  onend: (() => void) | null
  onerror: ((event: { readonly error: string }) => void) | null
  start(track: MediaStreamTrack): void
  abort(): void
}
type RecognitionResults = ArrayLike<ArrayLike<{ readonly transcript: string }> & { readonly isFinal: boolean }>
interface RecognitionClass {
  new (): Recognition
  available?(wanted: { langs: readonly string[]; processLocally: boolean }): Promise<string>
}

/** `no-speech` and the like: the recogniser begins again. */
const PASSING = new Set(['no-speech', 'aborted'])

/**
 * The browser's own recogniser, where it works on this device and has the language. Undefined elsewhere: without `processLocally` it would
 * send what is said to the browser's maker.
 */
export async function browserEngine(language: string): Promise<CaptionEngine | undefined> {
  const Class = (globalThis as { SpeechRecognition?: RecognitionClass }).SpeechRecognition
  if (!Class?.available || !('processLocally' in Class.prototype)) return undefined
  // A browser that cannot say has none.
  const state = await Class.available({ langs: [language], processLocally: true }).catch(() => 'unavailable')
  return state === 'available' ? engineOf(Class) : undefined
}

const engineOf = (Class: RecognitionClass): CaptionEngine => ({
  kind: 'device',
  open: async (track, language, { onText, onFailed }) => {
    const recognition = new Class()
    let isOpen = true
    recognition.lang = language
    recognition.continuous = true
    recognition.interimResults = false
    recognition.processLocally = true
    recognition.onresult = ({ resultIndex, results }) => {
      for (let i = resultIndex; i < results.length; i++) {
        const text = results[i]?.isFinal ? results[i]?.[0]?.transcript.trim() : ''
        if (text && isOpen) onText(text.slice(0, 500))
      }
    }
    recognition.onerror = ({ error }) => {
      if (PASSING.has(error) || !isOpen) return
      isOpen = false
      onFailed(new Error(`the recogniser: ${error}`))
    }
    // It ends by itself after some time, and after silence.
    recognition.onend = () => {
      if (isOpen && track.readyState === 'live') recognition.start(track)
    }
    recognition.start(track)
    return {
      close: () => {
        isOpen = false
        recognition.abort()
      },
    }
  },
})
