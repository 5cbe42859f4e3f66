import { Alarm, type Clock, systemClock } from '../../../../time/clock.js'
import { outletOf, type Picture, type PictureOutlet, type PictureSource, picturesOf } from './frames.js'
import { Pace, STUCK_MS } from './pace.js'
import { type Backdrop, Painter } from './painter.js'
import { openSegmenter, type Segmenter } from './segmenter.js'

/** Some megabytes over a slow network, and a program that is compiled. */
const BEGINS_MS = 60_000

export interface PipelineParts {
  readonly clock: Clock
  openSegmenter(wide: boolean): Promise<Segmenter>
}
const BROWSER: PipelineParts = { clock: systemClock, openSegmenter }

/** Why it ends: this device is too slow for it, or the segmenter has failed. */
export type WhyOver = 'slow' | 'failed'

/** The pictures of a camera with something else behind the person. */
export class Pipeline {
  readonly #painter = new Painter()
  readonly #alarm: Alarm
  readonly #begun = Promise.withResolvers<MediaStreamTrack>()
  #source: PictureSource | undefined
  #outlet: PictureOutlet | undefined
  #pace: Pace | undefined
  #closed = false

  /** Nothing changes in `raw`. */
  constructor(
    private readonly raw: MediaStreamTrack,
    private backdrop: Backdrop,
    private readonly onOver: (why: WhyOver) => void,
    private readonly parts: PipelineParts = BROWSER,
  ) {
    this.#alarm = new Alarm(parts.clock)
    this.#alarm.set(BEGINS_MS, () => this.#begun.reject(new Error('the background does not begin')))
    // Whoever is not interested any more does not wait for it.
    this.#begun.promise.catch(() => undefined)
    void this.#run().catch((error: unknown) => {
      this.#begun.reject(error)
      if (this.#pace) this.#over('failed')
    })
  }

  /** The track of painted pictures, when there is the first one. Rejects when it did not begin, or was closed before. */
  get begun(): Promise<MediaStreamTrack> {
    return this.#begun.promise
  }

  show(backdrop: Backdrop): void {
    this.backdrop = backdrop
  }

  /** Stops its track. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#alarm.clear()
    this.#begun.reject(new Error('the background is closed'))
    // The segmenter may be at work: it is closed after that.
    this.#source?.close()
    this.#outlet?.close()
  }

  async #run(): Promise<void> {
    const { width = 16, height = 9 } = this.raw.getSettings()
    const segmenter = await this.parts.openSegmenter(width >= height)
    try {
      if (this.#closed) return
      this.#source = picturesOf(this.raw)
      for (;;) {
        const picture = await this.#source.next()
        if (!picture) return this.#begun.reject(new Error('the camera has ended'))
        try {
          if (!this.#closed) await this.#put(picture, segmenter)
        } finally {
          picture.close()
        }
      }
    } finally {
      segmenter.close()
      this.#source?.close()
    }
  }

  async #put(picture: Picture, segmenter: Segmenter): Promise<void> {
    const { clock } = this.parts
    if (this.#pace) this.#alarm.set(STUCK_MS, () => this.#over('slow'))
    const began = clock.now()
    const mask = await segmenter.mask(this.#painter.look(picture))
    if (this.#closed) return
    this.#painter.paint(picture, mask, this.backdrop)
    this.#outlet ??= outletOf(this.#painter.canvas)
    this.#outlet.show(picture.timestamp)
    this.#alarm.clear()
    this.#judge(clock.now() - began, this.#outlet.track)
  }

  #judge(ms: number, track: MediaStreamTrack): void {
    const now = this.parts.clock.now()
    if (this.#pace?.isTooSlow(ms, now)) {
      this.#over('slow')
      return
    }
    // The first picture is late: the program is warming up.
    if (this.#pace) return
    this.#pace = new Pace(now)
    this.#begun.resolve(track)
  }

  #over(why: WhyOver): void {
    if (!this.#closed) this.onOver(why)
  }
}
