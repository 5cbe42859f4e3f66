import { handled, log } from '../../../../diagnostics/log.js'
import type { Strength } from '../choice.js'
import type { Stage } from '../stage.js'
import { type Chain, chainBehind, RATE } from './chain.js'

/** Why a suppressor is not used: it could not be loaded or run, or gave silence. */
export type OnGivenUp = () => void

/**
 * The microphone through a suppressor. The raw sound is the output until the suppressor has given its first sound, and again when it
 * fails: nobody is mute because of it.
 */
export class MicrophoneStage implements Stage {
  readonly ready = Promise.resolve()
  #output: MediaStreamTrack
  #chain: Chain | undefined
  #context: AudioContext | undefined
  #way: MediaStreamAudioDestinationNode | undefined
  #closed = false

  constructor(
    readonly raw: MediaStreamTrack,
    strength: Strength,
    private readonly onOutput: () => void,
    private readonly onGivenUp: OnGivenUp,
  ) {
    this.#output = raw
    void this.#begin(strength).catch((error: unknown) => this.#giveUp(error))
  }

  get output(): MediaStreamTrack {
    return this.#output
  }

  close(): void {
    this.#closed = true
    this.raw.stop()
    this.#dispose()
  }

  async #begin(strength: Strength): Promise<void> {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' })
    this.#context = context
    const source = context.createMediaStreamSource(new MediaStream([this.raw]))
    const begun = Promise.withResolvers<void>()
    const chain = await chainBehind(source, strength, {
      begun: begun.resolve,
      cut: () => this.#giveUp(new Error('the suppressor gives silence')),
    })
    this.#chain = chain
    if (this.#closed) return this.#dispose()
    const way = new MediaStreamAudioDestinationNode(context, { channelCount: 1 })
    this.#way = way
    chain.output.connect(way)
    // A browser may stop all sound of a page: during another call on a phone, or until somebody touches the page.
    context.onstatechange = () => this.#choose()
    // Refused before somebody touches the page: the raw sound is the output meanwhile.
    void context.resume().catch(() => undefined)
    await begun.promise
    log.step('calls.microphone', `suppressor ${strength}`)
    this.#choose()
  }

  /** The suppressor's sound while its context runs. */
  #choose(): void {
    const [processed] = this.#way?.stream.getAudioTracks() ?? []
    const output = processed && this.#context?.state === 'running' ? processed : this.raw
    if (this.#closed || output === this.#output) return
    this.#output = output
    this.onOutput()
  }

  #giveUp(error: unknown): void {
    if (this.#closed) return
    handled('calls.microphone', 'MEDIA_FAILED')(error)
    const changed = this.#output !== this.raw
    this.#output = this.raw
    if (changed) this.onOutput()
    this.#dispose()
    this.onGivenUp()
  }

  #dispose(): void {
    const context = this.#context
    if (context) context.onstatechange = null
    this.#chain?.close()
    for (const track of this.#way?.stream.getTracks() ?? []) track.stop()
    this.#chain = undefined
    this.#way = undefined
    this.#context = undefined
    // Closed already.
    void context?.close().catch(() => undefined)
  }
}
