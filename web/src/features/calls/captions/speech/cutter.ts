import { SPEECH_RATE } from '@beseda/client-protocol/speech'

const FRAME = SPEECH_RATE / 50
const frames = (seconds: number) => Math.round(seconds * 50)

/** Louder than the room by this is speech: less takes a fan for it, more loses the ends of words. */
const ABOVE_DB = 9
/** Softer than this is no speech, however silent the room is. */
const LEAST_DB = -55
/** The room is as loud as the softest moment of this time. */
const ROOM = frames(5)
/** Before the first sound: consonants are soft. */
const LEAD = frames(0.3)
/** Speech in that many of the last frames begins a piece: a click does not. */
const BEGINS = 3
const OF_LAST = 5
/** Recognisers take as long for a word as for a sentence: a short piece waits for a longer pause. */
const SHORT = frames(2)
const PAUSE = frames(0.5)
const LONG_PAUSE = frames(0.9)
/** As much as a request has room for. Where nobody breathes, it is cut at the softest moment of the last two seconds. */
const MOST = frames(7)
const SEARCHED = frames(2)
/** Speech that a piece must hold. */
const LEAST = frames(0.16)

interface Frame {
  readonly samples: Int16Array
  readonly db: number
  readonly isSpeech: boolean
}

/** Cuts continuous sound into pieces of speech of at most seven seconds, at pauses. */
export class Cutter {
  #rest: number[] = []
  readonly #room: number[] = []
  #lead: Frame[] = []
  /** Undefined: nobody speaks. */
  #piece: Frame[] | undefined

  constructor(private readonly onPiece: (samples: Int16Array) => void) {}

  /** Samples from -1 to 1 at SPEECH_RATE, any number. */
  push(samples: Float32Array): void {
    this.#rest.push(...samples)
    while (this.#rest.length >= FRAME) this.#frame(this.#rest.splice(0, FRAME))
  }

  #frame(samples: readonly number[]): void {
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / FRAME
    const db = Math.max(-100, 10 * Math.log10(power))
    this.#room.push(db)
    if (this.#room.length > ROOM) this.#room.shift()
    const isSpeech = db > Math.max(LEAST_DB, Math.min(...this.#room) + ABOVE_DB)
    const whole = Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, sample * 32_768)))
    this.#take({ samples: whole, db, isSpeech })
  }

  #take(frame: Frame): void {
    if (this.#piece === undefined) {
      this.#lead = [...this.#lead, frame].slice(-LEAD)
      if (this.#lead.slice(-OF_LAST).filter(({ isSpeech }) => isSpeech).length < BEGINS) return
      this.#piece = this.#lead
      this.#lead = []
      return
    }
    this.#piece.push(frame)
    const { length } = this.#piece
    const pause = length - 1 - this.#piece.findLastIndex(({ isSpeech }) => isSpeech)
    if (pause >= (length < SHORT ? LONG_PAUSE : PAUSE)) this.#end(this.#piece, [])
    else if (length >= MOST) {
      const from = MOST - SEARCHED
      const softest = this.#piece.reduce(
        (best, { db }, i, all) => (i >= from && db < (all[best]?.db ?? 0) ? i : best),
        from,
      )
      this.#end(this.#piece.slice(0, softest), this.#piece.slice(softest))
    }
  }

  #end(piece: readonly Frame[], rest: Frame[]): void {
    this.#piece = rest.length > 0 ? rest : undefined
    if (piece.filter(({ isSpeech }) => isSpeech).length < LEAST) return
    const samples = new Int16Array(piece.length * FRAME)
    for (const [i, frame] of piece.entries()) samples.set(frame.samples, i * FRAME)
    this.onPiece(samples)
  }
}
