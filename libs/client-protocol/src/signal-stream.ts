/** One frame between two devices in a call, with the fields of the contract's OutgoingSignal and IncomingSignal. */
export interface SignalFrame<S> {
  /** Stream of the sender: a later stream starts again at 1. */
  readonly stream: number
  /** Counts up from 1; 0: an acknowledgement only. */
  readonly seq: number
  /** Everything up to here of the receiver's stream `ackStream` has arrived. */
  readonly ack: number
  readonly ackStream: number
  /** Unset in an acknowledgement, and where a signal was refused or withheld on the way. */
  readonly signal?: S | undefined
}

export interface Received<S> {
  /** Received signals, each once, in the order of sending. */
  readonly signals: readonly S[]
  /** The other side has restarted (its page was reloaded): everything agreed with the previous page is void. */
  readonly hasRestarted: boolean
}

/** Retransmission delays: an unacknowledged frame is sent again after the first, then after the next; the last one repeats. */
const RESEND_MS = [1_000, 2_000, 4_000, 8_000] as const
/** Delay before an acknowledgement without news is taken as a sign of a lost frame. Not at once: frames may be in flight. */
const HURRY_MS = 150
/** An acknowledgement waits this long for a frame that can carry it. Shorter: twice the frames; longer: needless repeats. */
const ACK_MS = 60
/** Limit of unacknowledged frames. A receiver that has acknowledged none of this many frames is considered gone; the stream is reset. */
const KEPT_LIMIT = 256
/** Limit of frames received ahead of a missing one. Those beyond it will be sent again. */
const EARLY_LIMIT = 256

/**
 * Signals to and from one other device, exactly once and in order, over frames that may be lost, duplicated or reordered: gateways stop
 * and connections move in the middle of a negotiation. Every frame is kept until it is acknowledged. Without I/O and clock: `now`
 * (ms) is passed in, and frames to send are returned.
 */
export class SignalStream<S> {
  #stream: number
  #lastSeq = 0
  /** The other side has received the current stream up to here. */
  #acked = 0
  #kept: { readonly seq: number; readonly signal: S | undefined }[] = []
  #theirStream = 0
  /** Their stream has been received up to here. */
  #received = 0
  readonly #early = new Map<number, S | undefined>()
  #tries = 0
  #resendAt = Number.POSITIVE_INFINITY
  #ackAt = Number.POSITIVE_INFINITY

  /** `stream`: higher than that of every earlier page of this device, such as Unix ms. */
  constructor(stream: number) {
    this.#stream = stream
  }

  get stream(): number {
    return this.#stream
  }

  /** Unacknowledged signals. */
  get unacknowledged(): number {
    return this.#kept.length
  }

  /** Creates the frame for a new signal. */
  send(signal: S, now: number): SignalFrame<S> {
    if (this.#kept.length >= KEPT_LIMIT) this.#begin(now)
    this.#lastSeq += 1
    this.#kept.push({ seq: this.#lastSeq, signal })
    if (this.#kept.length === 1) this.#waitAgain(now)
    return this.#frame(this.#lastSeq, signal)
  }

  /**
   * Handles a frame of the other side. `newStay`: the first one since it entered the call again. Then a lower stream is not a late frame
   * but a new page, whose clock was put back.
   */
  receive(frame: SignalFrame<S>, now: number, newStay = false): Received<S> {
    if (frame.stream < this.#theirStream && !newStay) return { signals: [], hasRestarted: false }
    // A frame that acknowledges our stream is from the same page, which only restarted its own stream.
    const knowsUs = this.#acked > 0 && frame.ackStream === this.#stream && frame.ack >= this.#acked
    const hasRestarted = frame.stream !== this.#theirStream && this.#theirStream > 0 && !knowsUs
    if (frame.stream !== this.#theirStream) this.#meet(frame.stream, knowsUs, now)
    this.#takeAck(frame, now)
    return { signals: this.#take(frame, now), hasRestarted }
  }

  /** A signal that will never be passed on: replaced by an empty frame, so that the receiver does not wait for it in vain. */
  refuse(stream: number, seq: number): SignalFrame<S> | undefined {
    const at = stream === this.#stream ? this.#kept.findIndex((kept) => kept.seq === seq) : -1
    if (at < 0) return undefined
    this.#kept[at] = { seq, signal: undefined }
    return this.#frame(seq)
  }

  /** When `due` must be called next; Infinity: not before something is sent or received. */
  get dueAt(): number {
    return Math.min(this.#resendAt, this.#ackAt)
  }

  /** Frames that are due because of time: retransmissions, or an acknowledgement. */
  due(now: number): SignalFrame<S>[] {
    if (now >= this.#resendAt) return this.again(now)
    return now >= this.#ackAt ? [this.#frame(0)] : []
  }

  /** After a reconnection: all unacknowledged frames, or else an acknowledgement. */
  again(now: number): SignalFrame<S>[] {
    if (this.#kept.length === 0) return [this.#frame(0)]
    this.#tries += 1
    this.#waitAgain(now)
    return this.#kept.map(({ seq, signal }) => this.#frame(seq, signal))
  }

  /** A new page can accept our stream only from its beginning. */
  #meet(theirStream: number, knowsUs: boolean, now: number): void {
    this.#theirStream = theirStream
    this.#received = 0
    this.#early.clear()
    if (this.#acked > 0 && !knowsUs) this.#begin(now)
  }

  #begin(now: number): void {
    this.#stream = Math.max(now, this.#stream + 1)
    this.#lastSeq = 0
    this.#acked = 0
    this.#kept = []
    this.#tries = 0
    this.#resendAt = Number.POSITIVE_INFINITY
  }

  #takeAck({ seq, ack, ackStream }: SignalFrame<S>, now: number): void {
    if (ackStream !== this.#stream || ack > this.#lastSeq) return
    if (ack > this.#acked) {
      this.#acked = ack
      this.#kept = this.#kept.filter((kept) => kept.seq > ack)
      this.#tries = 0
      this.#waitAgain(now)
    } else if (seq === 0 && this.#kept.length > 0) this.#resendAt = Math.min(this.#resendAt, now + HURRY_MS)
  }

  #take({ seq, signal }: SignalFrame<S>, now: number): S[] {
    if (seq === 0) return []
    this.#ackAt = Math.min(this.#ackAt, now + ACK_MS)
    if (seq > this.#received && this.#early.size < EARLY_LIMIT) this.#early.set(seq, signal)
    const signals: S[] = []
    while (this.#early.has(this.#received + 1)) {
      this.#received += 1
      const next = this.#early.get(this.#received)
      this.#early.delete(this.#received)
      if (next !== undefined) signals.push(next)
    }
    return signals
  }

  #waitAgain(now: number): void {
    const wait = RESEND_MS[Math.min(this.#tries, RESEND_MS.length - 1)] ?? 0
    this.#resendAt = this.#kept.length === 0 ? Number.POSITIVE_INFINITY : now + wait
  }

  /** Every frame carries the newest acknowledgement. */
  #frame(seq: number, signal?: S): SignalFrame<S> {
    this.#ackAt = Number.POSITIVE_INFINITY
    return { stream: this.#stream, seq, ack: this.#received, ackStream: this.#theirStream, signal }
  }
}
