/** How a person's speech is made into text: by the operator's server, which hears it, or by their own device. */
export const ENGINES = ['server', 'device'] as const
export type EngineKind = (typeof ENGINES)[number]
const SPEAKS = ['undecided', 'refused', ...ENGINES] as const
export type Speaks = (typeof SPEAKS)[number]

/** What a device says of captions, whole; again whenever it changes, and every few seconds. */
export interface CaptionState {
  /** The person wants to read what the others say. */
  readonly wants: boolean
  /** Whether others may read what the person says. */
  readonly speaks: Speaks
  /** The device keeps a transcript. */
  readonly keeps: boolean
  /** The devices in whose transcripts the person agrees to be. */
  readonly agrees: readonly string[]
}
/** What somebody has said. */
export interface Said {
  readonly text: string
  /** As the speaker's device has it: BCP 47. */
  readonly language: string
}
/** `number`: grows with each message of a device; the same twice is one that took two ways. 0: there is none. */
export type CaptionMessage = { readonly number: number } & ({ readonly state: CaptionState } | { readonly said: Said })

export const NOTHING: CaptionState = { wants: false, speaks: 'undecided', keeps: false, agrees: [] }
/** Longer is no utterance. */
export const MOST_TEXT = 500
/** More devices than a call has. */
const MOST_AGREED = 64

export const messageBytes = (message: CaptionMessage): Uint8Array => new TextEncoder().encode(JSON.stringify(message))

/** Undefined when it does not have this form: a peer may send anything. */
export function messageOf(bytes: Uint8Array): CaptionMessage | undefined {
  try {
    const { state, said, number } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    const count = typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : 0
    if (isObject(state)) return { state: stateOf(state), number: count }
    const words = isObject(said) && saidOf(said)
    return words ? { said: words, number: count } : undefined
  } catch {
    // Not JSON, or null.
    return undefined
  }
}

const isObject = (one: unknown): one is Record<string, unknown> => typeof one === 'object' && one !== null

const stateOf = ({ wants, speaks, keeps, agrees }: Record<string, unknown>): CaptionState => ({
  wants: wants === true,
  speaks: SPEAKS.find((one) => one === speaks) ?? 'undecided',
  keeps: keeps === true,
  agrees: Array.isArray(agrees) ? agrees.filter((id) => typeof id === 'string').slice(0, MOST_AGREED) : [],
})

function saidOf({ text, language }: Record<string, unknown>): Said | undefined {
  if (typeof text !== 'string') return undefined
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MOST_TEXT)
  if (line === '') return undefined
  const isLanguage = typeof language === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)
  return { text: line, language: isLanguage ? language : '' }
}
