import type { Call } from '@beseda/proto/call/v1/call_service'
import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MIN_PIECE_BYTES } from '@beseda/rules'
import { formatOf, optionsOf, PIECE_MS } from './formats.js'
import { PictureMix } from './picture-mix.js'
import type { Piece } from './piece-store.js'
import { agreedOf, type RecordedPerson } from './recorded-person.js'
import { SoundMix } from './sound-mix.js'
import type { Uploader } from './uploader.js'

export interface OwnRecordingParts {
  readonly recordingId: string
  readonly groupId: string
  readonly callId: string
  readonly soundOnly: boolean
  nameOf(userId: string): string
  readonly uploader: Pick<Uploader, 'add' | 'settled' | 'waiting' | 'refusal'>
  /** The browser has stopped recording by itself: a device was lost, or its encoder failed. */
  onStopped(): void
  /** All pieces are with the server. */
  finish(): Promise<void>
}

/** The recording that this device makes: it mixes and draws who has agreed, and hands over a piece every two seconds. */
export class OwnRecording {
  readonly #sound: SoundMix
  readonly #picture: PictureMix | undefined
  readonly #recorder: MediaRecorder
  #pieces = 0
  /** Too little to be a piece by itself: the server takes a small one as the last. */
  #rest = new Blob()
  #stopped: Promise<void> | undefined

  /** Errors: this browser cannot record. */
  constructor(private readonly parts: OwnRecordingParts) {
    const format = formatOf(parts.soundOnly)
    if (!format) throw new Error('this browser cannot record')
    this.#sound = new SoundMix()
    let picture: PictureMix | undefined
    try {
      picture = parts.soundOnly ? undefined : new PictureMix(parts.nameOf)
      const tracks = [this.#sound.track, ...(picture ? [picture.track] : [])]
      this.#recorder = new MediaRecorder(new MediaStream(tracks), optionsOf(format))
    } catch (error) {
      this.#sound.close()
      picture?.close()
      throw error
    }
    this.#picture = picture
    this.#recorder.ondataavailable = ({ data }) => this.#hand(data)
    this.#recorder.onstop = () => this.isOver || parts.onStopped()
  }

  get recordingId(): string {
    return this.parts.recordingId
  }

  /** Pieces that the server does not have yet. */
  get waiting(): number {
    return this.parts.uploader.waiting
  }

  /** The server's reason for refusing further pieces; undefined: it takes them. */
  get refusal(): ErrorReason | undefined {
    return this.parts.uploader.refusal
  }

  get isOver(): boolean {
    return this.#stopped !== undefined
  }

  async start(): Promise<void> {
    await this.#sound.start()
    this.#recorder.start(PIECE_MS)
  }

  /** Takes up who is in the call, who has agreed, and whether it is paused. */
  follow(people: readonly RecordedPerson[], call: Call): void {
    if (this.isOver) return
    const agreed = agreedOf(people, call)
    this.#sound.hear(agreed.flatMap(({ sounds }) => sounds))
    this.#picture?.see(agreed)
    const paused = call.recording?.paused === true
    if (paused && this.#recorder.state === 'recording') this.#recorder.pause()
    if (!paused && this.#recorder.state === 'paused') this.#recorder.resume()
  }

  /** Records nothing more, and resolves when the server has everything. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  async #end(): Promise<void> {
    if (this.#recorder.state !== 'inactive') {
      const over = new Promise((resolve) => this.#recorder.addEventListener('stop', resolve, { once: true }))
      this.#recorder.stop()
      await over
    }
    this.#send()
    this.#sound.close()
    this.#picture?.close()
    await this.parts.uploader.settled()
    await this.parts.finish()
  }

  #hand(content: Blob): void {
    this.#rest = new Blob([this.#rest, content])
    if (this.#rest.size >= MIN_PIECE_BYTES) this.#send()
  }

  #send(): void {
    const content = this.#rest
    if (content.size === 0) return
    this.#rest = new Blob()
    const { recordingId, groupId, callId } = this.parts
    this.parts.uploader.add({ recordingId, groupId, callId, n: this.#pieces++, content } satisfies Piece)
  }
}
