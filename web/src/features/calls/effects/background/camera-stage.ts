import { handled, log } from '../../../../diagnostics/log.js'
import type { Background } from '../choice.js'
import type { Stage } from '../stage.js'
import type { Backdrop } from './painter.js'
import type { Pipeline, WhyOver } from './pipeline.js'

export interface CameraStageEvents {
  onOutput(): void
  /** A background is being started; false: it is there, or is not wanted any more. */
  onComing(isComing: boolean): void
  /** The background was switched off: others see the room. */
  onGivenUp(why: WhyOver): void
}

/** The heavy parts: fetched with the first background. */
export interface BackgroundCode {
  backdropOf(background: Exclude<Background, 'none'>): Promise<Backdrop>
  openPipeline(raw: MediaStreamTrack, backdrop: Backdrop, onOver: (why: WhyOver) => void): Pipeline
}
const inTheBrowser = async (): Promise<BackgroundCode> => {
  const [{ backdropOf }, { Pipeline }] = await Promise.all([import('./backdrops.js'), import('./pipeline.js')])
  return { backdropOf, openPipeline: (...options) => new Pipeline(...options) }
}

/**
 * The camera with something else behind the person. It has no output before the first painted picture: somebody who has hidden their room
 * does not show it for the second that the background takes. While the camera is on, a change waits for its first picture, too.
 */
export class CameraStage implements Stage {
  readonly ready: Promise<void>
  readonly #isReady = Promise.withResolvers<void>()
  #output: MediaStreamTrack
  #pipeline: Pipeline | undefined
  /** Changes are made one after another; only the last is of interest. */
  #attempt = 0
  #turn = Promise.resolve()
  #closed = false

  constructor(
    readonly raw: MediaStreamTrack,
    background: Background,
    private readonly events: CameraStageEvents,
    private readonly load: () => Promise<BackgroundCode> = inTheBrowser,
  ) {
    this.ready = this.#isReady.promise
    this.#output = raw
    this.change(background)
  }

  get output(): MediaStreamTrack {
    return this.#output
  }

  change(background: Background): void {
    if (this.#closed) return
    const attempt = ++this.#attempt
    if (background === 'none') {
      // Also while another one is being loaded.
      this.#become(this.raw)
      this.#end()
      return
    }
    if (!this.#pipeline) this.events.onComing(true)
    this.#turn = this.#turn
      .then(() => this.#follow(background, attempt))
      .catch((error: unknown) => this.#failed(attempt, error))
  }

  close(): void {
    this.#closed = true
    this.raw.stop()
    this.#end()
    this.events.onComing(false)
    this.#isReady.resolve()
  }

  async #follow(background: Exclude<Background, 'none'>, attempt: number): Promise<void> {
    const isWanted = () => attempt === this.#attempt && !this.#closed
    if (!isWanted()) return
    const { backdropOf, openPipeline } = await this.load()
    const backdrop = await backdropOf(background)
    if (!isWanted()) return
    if (this.#pipeline) return this.#pipeline.show(backdrop)
    const pipeline = openPipeline(this.raw, backdrop, (why) => this.#pipeline === pipeline && this.#giveUp(why))
    this.#pipeline = pipeline
    try {
      const track = await pipeline.begun
      log.step('calls.camera', 'background')
      if (this.#pipeline === pipeline) this.#become(track)
    } catch (error) {
      if (this.#pipeline === pipeline) this.#end()
      throw error
    }
  }

  /** A later choice has its own turn. */
  #failed(attempt: number, error: unknown): void {
    if (attempt !== this.#attempt || this.#closed) return
    if (this.raw.readyState === 'ended') {
      this.#become(this.raw)
      return
    }
    handled('calls.camera', 'MEDIA_FAILED')(error)
    this.#giveUp('failed')
  }

  #giveUp(why: WhyOver): void {
    log.step('calls.camera', `background given up: ${why}`)
    this.#attempt++
    this.#become(this.raw)
    this.#end()
    this.events.onGivenUp(why)
  }

  #end(): void {
    const pipeline = this.#pipeline
    this.#pipeline = undefined
    pipeline?.close()
  }

  #become(output: MediaStreamTrack): void {
    const changed = output !== this.#output
    this.#output = output
    this.events.onComing(false)
    this.#isReady.resolve()
    if (changed && !this.#closed) this.events.onOutput()
  }
}
