/** Detects whether somebody speaks from sound levels (0 to 1, root mean square). */
export interface Voice {
  readonly speaking: boolean
  /** Unix ms of the last level that was speech. */
  readonly heardAt: number
}

export const SILENCE: Voice = { speaking: false, heardAt: Number.NEGATIVE_INFINITY }

/** About -40 dB: above background noise, below a soft voice. */
const SPEECH_LEVEL = 0.01
/** Pauses between words do not end speech. */
const PAUSE_MS = 500

export function hear(voice: Voice, level: number, now: number): Voice {
  if (level >= SPEECH_LEVEL) return { speaking: true, heardAt: now }
  const speaking = now - voice.heardAt < PAUSE_MS
  return speaking === voice.speaking ? voice : { ...voice, speaking }
}
