import type { Page } from 'playwright-core'

/** Collected in a page: the last second of what its call plays, and how long each tone was missing while it was watched. */
interface Ears {
  /** Of one tone in the newest samples but `skip`. */
  readonly power: (tone: number, samples: Float32Array, rate: number, size: number, skip: number) => number
  readonly all: { readonly context: BaseAudioContext; readonly analyser: AnalyserNode }[]
  watch?: { readonly stop: () => readonly number[] }
}
type Listening = typeof globalThis & { ears: Ears }

/** A tone of -40 dB is heard: those of the tests are played at -14. */
const LOUD = 1e-4
/** How much louder a tone is than what is around it. Noise of any loudness is none. */
const CLEAR = 20

/** Listens to what the page plays; to be called before the first page of a window. */
export async function withEars(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const all: Ears['all'] = []
    /** The power of one tone in some samples (Goertzel's algorithm), through Hann's window. */
    const power: Ears['power'] = (tone, samples, rate, size, skip) => {
      const factor = 2 * Math.cos((2 * Math.PI * tone) / rate)
      const from = samples.length - size - skip
      let [one, two] = [0, 0]
      for (let at = 0; at < size; at++) {
        const sample = (samples[from + at] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
        ;[one, two] = [sample + factor * one - two, one]
      }
      return (16 * (one * one + two * two - factor * one * two)) / size ** 2
    }
    Object.assign(globalThis, { ears: { all, power } })
    const connect = AudioNode.prototype.connect as (this: AudioNode, ...way: unknown[]) => AudioNode
    Object.assign(AudioNode.prototype, {
      connect(this: AudioNode, ...way: unknown[]) {
        if (way[0] instanceof AudioDestinationNode) {
          const analyser = new AnalyserNode(this.context, { fftSize: 32_768 })
          connect.call(this, analyser)
          all.push({ context: this.context, analyser })
        }
        return connect.apply(this, way)
      },
    })
  })
}

/** Which of the tones are played now: in the last third of a second. */
export const tonesIn = (page: Page, tones: readonly number[]): Promise<number[]> =>
  page.evaluate(
    ({ tones, loud, clear }) => {
      const { all, power } = (globalThis as Listening).ears
      const heard = all
        .filter(({ context }) => context.state === 'running')
        .map(({ context, analyser }) => {
          const samples = new Float32Array(analyser.fftSize)
          analyser.getFloatTimeDomainData(samples)
          return { samples, rate: context.sampleRate }
        })
      const around = [-150, -120, -90, -60, 60, 90, 120, 150]
      return tones.filter((tone) =>
        heard.some(({ samples, rate }) => {
          const of = (hz: number) => power(hz, samples, rate, rate / 3, 0)
          const noise = around.reduce((sum, away) => sum + of(tone + away), 0) / around.length
          return of(tone) > Math.max(loud, clear * noise)
        }),
      )
    },
    { tones, loud: LOUD, clear: CLEAR },
  )

/** From now on it is noted how long each tone is missing, by pieces of 10 ms. */
export const watchHoles = (page: Page, tones: readonly number[]): Promise<void> =>
  page.evaluate(
    ({ tones, loud }) => {
      const { ears } = globalThis as Listening
      const watched = ears.all.filter(({ context }) => context.state === 'running')
      const at = watched.map(({ context }) => context.currentTime)
      const [now, longest] = [tones.map(() => 0), tones.map(() => 0)]
      const look = () => {
        const pieces = watched.map(({ context, analyser }, i) => {
          const samples = new Float32Array(analyser.fftSize)
          analyser.getFloatTimeDomainData(samples)
          const fresh = Math.min(68, Math.floor((context.currentTime - (at[i] ?? 0)) * 100))
          at[i] = (at[i] ?? 0) + fresh / 100
          return { samples, fresh, rate: context.sampleRate }
        })
        const count = Math.max(...pieces.map(({ fresh }) => fresh))
        for (let piece = count - 1; piece >= 0; piece--)
          for (const [i, tone] of tones.entries()) {
            const isHeard = pieces.some(
              ({ samples, rate }) => ears.power(tone, samples, rate, rate / 100, (piece * rate) / 100) > loud,
            )
            now[i] = isHeard ? 0 : (now[i] ?? 0) + 10
            longest[i] = Math.max(longest[i] ?? 0, now[i] ?? 0)
          }
      }
      const timer = setInterval(look, 200)
      const stop = () => {
        clearInterval(timer)
        look()
        return longest
      }
      ears.watch = { stop }
    },
    { tones, loud: LOUD },
  )

/** The longest time without each of the tones since `watchHoles`, ms. */
export const longestHoles = (page: Page): Promise<readonly number[]> =>
  page.evaluate(() => (globalThis as Listening).ears.watch?.stop() ?? [])
