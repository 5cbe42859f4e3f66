import { type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary } from '@bufbuild/protobuf'
import type { Wire } from '../ws/wire.js'

/** A stand-in for a socket of uWebSockets.js: keeps what is sent, and is as full and as slow as a test says. */
export class FakeWire implements Wire {
  readonly address = '192.0.2.1'
  readonly frames: ServerFrame['frame'][] = []
  readonly topics = new Set<string>()
  /** The close code; `cut`: closed without one. */
  closedWith: number | 'cut' | undefined
  /** Frames are dropped: too much is unsent. */
  full = false
  unsent = 0
  waitingSince = Number.POSITIVE_INFINITY
  /** Writes that went out as one. */
  corked = 0
  #reader: PromiseWithResolvers<void> | undefined

  /** `group 1<0` for a commit of lane group with sequence 1 after 0; the case of other frames. */
  get story(): string[] {
    return this.frames.map((frame) => {
      if (frame.case !== 'commit') return frame.case ?? '?'
      const { lane, seq, prevSeq } = frame.value
      return `${['?', 'group', 'roster', 'messages', 'calls'][lane]} ${seq}<${prevSeq}`
    })
  }

  /** The value of the last frame of a kind. */
  last<C extends NonNullable<ServerFrame['frame']['case']>>(kind: C) {
    const found = this.frames.findLast((frame) => frame.case === kind)
    if (!found) throw new Error(`no ${kind} was sent; sent: ${this.story.join(' ')}`)
    return found.value as Extract<ServerFrame['frame'], { case: C }>['value']
  }

  /** The reader stops reading; it goes on when the returned function is called. */
  stall(): () => void {
    const reader = Promise.withResolvers<void>()
    this.#reader = reader
    return () => {
      this.#reader = undefined
      reader.resolve()
    }
  }

  send(frame: Uint8Array): boolean {
    if (this.full) return false
    this.frames.push(fromBinary(ServerFrameSchema, frame).frame)
    return true
  }
  together(work: () => void): void {
    this.corked++
    work()
  }
  follow(topic: string): void {
    this.topics.add(topic)
  }
  unfollow(topic: string): void {
    this.topics.delete(topic)
  }
  buffered(): number {
    return this.unsent
  }
  drained(): Promise<void> | undefined {
    return this.#reader?.promise
  }
  waitsSince(): number {
    return this.waitingSince
  }
  end(code: number): void {
    this.closedWith = code
  }
  cut(): void {
    this.closedWith = 'cut'
  }
}
