import type { EngineKind } from '../messages.js'

/** What an engine says while it listens. */
export interface EngineEvents {
  /** An utterance, as text of at most 500 characters; at most five seconds after its end. */
  onText(text: string): void
  /** It stops by itself: what the person says has no captions any more. */
  onFailed(error: unknown): void
}

/** Makes text of what one microphone hears. */
export interface CaptionEngine {
  readonly kind: EngineKind
  /** `language`: as BCP 47 has it, as `en`. Errors: it cannot begin. */
  open(track: MediaStreamTrack, language: string, events: EngineEvents): Promise<{ close(): void }>
}
