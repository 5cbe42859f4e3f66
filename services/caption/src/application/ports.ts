export interface Speaker {
  readonly userId: string
  readonly deviceId: string
}

/** Makes text of speech. Errors: whatever keeps it from that. */
export abstract class SpeechEngine {
  /** `sound`: samples, 16,000 a second. `language`: ISO 639; empty: the engine finds out. The answer may be anything. */
  abstract text(sound: Int16Array, language: string, signal: AbortSignal): Promise<string>
}

/** Who is in a call. */
export abstract class CallTickets {
  /** Errors: UNAUTHENTICATED, TOKEN_EXPIRED when the token is not this device's. */
  abstract check(token: string, speaker: Speaker): Promise<void>
}

/** `empty`: nothing was said; `busy`: not even tried. */
export type CaptionResult = 'text' | 'empty' | 'failed' | 'busy'

/** Business metrics. Neither text nor sound gets here. */
export abstract class CaptionObserver {
  /** `ms`: from the request to the answer. */
  abstract transcribed(result: CaptionResult, ms: number): void
}
