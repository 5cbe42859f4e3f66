/** Of speech that is made into text: enough for every recogniser. */
export const SPEECH_RATE = 16_000
/** A request has room for seven and a half seconds. */
export const MOST_SPEECH_BYTES = 60_000

/** As IMA ADPCM (1992), whose table is rounded by hand: how far the next sample may be away, in 89 steps, and which step follows a code. */
const STEPS = Int16Array.from({ length: 89 }, (_, i) => Math.min(32_767, Math.floor(7 * 1.1 ** i)))
const FOLLOWS = [-1, -1, -1, -1, 2, 4, 6, 8]

class Predictor {
  #sample = 0
  #index = 0

  get sample(): number {
    return this.#sample
  }

  get step(): number {
    return STEPS[this.#index] ?? 7
  }

  follow(code: number): number {
    const { step } = this
    const away = (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0)
    const next = code & 8 ? this.#sample - away : this.#sample + away
    this.#sample = Math.max(-32_768, Math.min(32_767, next))
    this.#index = Math.max(0, Math.min(STEPS.length - 1, this.#index + (FOLLOWS[code & 7] ?? 0)))
    return this.#sample
  }
}

/** A quarter of the size: four bits a sample, the first one in the lower half of a byte. */
export function packSpeech(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil(samples.length / 2))
  const predictor = new Predictor()
  samples.forEach((sample, i) => {
    const sign = sample < predictor.sample ? 8 : 0
    const away = Math.abs(sample - predictor.sample)
    const code = sign | Math.min(7, Math.floor((away * 4) / predictor.step))
    predictor.follow(code)
    packed[i >> 1] = (packed[i >> 1] ?? 0) | (i % 2 === 0 ? code : code << 4)
  })
  return packed
}

/** What {@link packSpeech} packed; one sample more where the number was odd. Any bytes are sound. */
export function unpackSpeech(packed: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(packed.length * 2)
  const predictor = new Predictor()
  packed.forEach((byte, i) => {
    samples[i * 2] = predictor.follow(byte & 15)
    samples[i * 2 + 1] = predictor.follow(byte >> 4)
  })
  return samples
}
