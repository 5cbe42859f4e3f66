/** How a person's speech is made into text: by the operator's server, which hears it, or by their own device. */
export const ENGINES = ['server', 'device'] as const
export type EngineKind = (typeof ENGINES)[number]
const SPEAKS = ['undecided', 'refused', ...ENGINES] as const
export type Speaks = (typeof SPEAKS)[number]

/** What a device says of captions; again whenever it changes, and to everybody who is new. */
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
export type CaptionMessage = { readonly state: CaptionState } | { readonly said: Said }

export const NOTHING: CaptionState = { wants: false, speaks: 'undecided', keeps: false, agrees: [] }
/** Longer is no utterance. */
export const MOST_TEXT = 500
/** More devices than a call has. */
const MOST_AGREED = 64

export const messageBytes = (message: CaptionMessage): Uint8Array => new TextEncoder().encode(JSON.stringify(message))

/** Undefined when it does not have this form: a peer may send anything. */
export function messageOf(bytes: Uint8Array): CaptionMessage | undefined {
  try {
    const { state, said } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    if (isObject(state)) return { state: stateOf(state) }
    return isObject(said) ? saidOf(said) : undefined
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

function saidOf({ text, language }: Record<string, unknown>): CaptionMessage | undefined {
  if (typeof text !== 'string') return undefined
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MOST_TEXT)
  if (line === '') return undefined
  const isLanguage = typeof language === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language)
  return { said: { text: line, language: isLanguage ? language : '' } }
}
