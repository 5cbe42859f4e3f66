import { SignalStream } from '@beseda/client-protocol/signal-stream'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type IncomingSignal,
  type OutgoingSignal,
  OutgoingSignalSchema,
  type Signal,
  type SignalRefused,
} from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { Alarm, type Clock } from '../../../time/clock.js'

interface Parcel {
  readonly epoch: number
  readonly signal: Signal
}
interface Line {
  readonly userId: string
  readonly stream: SignalStream<Parcel>
  /** The newest known stay of that device in the call, as counted by the server. */
  epoch: number
  /** Signals that arrived before there was a link to take them. */
  early: Parcel[]
}
type Frame = ReturnType<SignalStream<Parcel>['send']>

export interface SignallingOptions {
  readonly clock: Clock
  /** A number higher than that of every stream of an earlier page. */
  firstStream(): number
  /** The current call token. */
  token(): string
  /** Hands a frame to the gateway; lost when there is no connection. */
  post(frame: OutgoingSignal): void
  /** False when nobody can take it yet. */
  onSignal(deviceId: string, signal: Signal, epoch: number): boolean
  /** That device has a new page. */
  onAnew(deviceId: string): void
}

/** Limit of signals that wait for a call state that names their sender. */
const EARLY_LIMIT = 100

/** The signals of one call, to and from every other device: each arrives once and in order, through any gateway. */
export class Signalling {
  readonly #lines = new Map<string, Line>()
  readonly #began: number
  readonly #alarm: Alarm
  #closed = false

  constructor(private readonly options: SignallingOptions) {
    this.#began = options.firstStream()
    this.#alarm = new Alarm(options.clock)
  }

  /** A device takes part: it is notified of this page, and its waiting signals are delivered. */
  meet(userId: string, deviceId: string): void {
    const line = this.#line(userId, deviceId)
    this.#post(deviceId, line, line.stream.again(this.#now))
    for (const { signal, epoch } of line.early.splice(0)) this.options.onSignal(deviceId, signal, epoch)
    this.#wait()
  }

  send(userId: string, deviceId: string, signal: Signal, epoch: number): void {
    const line = this.#line(userId, deviceId)
    this.#post(deviceId, line, [line.stream.send({ signal, epoch }, this.#now)])
    this.#wait()
  }

  receive(frame: IncomingSignal): void {
    const { fromUserId, fromDeviceId, seq, ack, epoch, signal } = frame
    const line = this.#line(fromUserId, fromDeviceId)
    if (frame.senderEpoch < line.epoch) return
    const newStay = frame.senderEpoch > line.epoch
    line.epoch = frame.senderEpoch
    const { signals, hasRestarted } = line.stream.receive(
      {
        stream: Number(frame.stream),
        seq,
        ack,
        ackStream: Number(frame.ackStream),
        signal: signal && { signal, epoch },
      },
      this.#now,
      newStay,
    )
    if (hasRestarted) {
      line.early = []
      this.options.onAnew(fromDeviceId)
    }
    for (const parcel of signals) {
      const taken = this.options.onSignal(fromDeviceId, parcel.signal, parcel.epoch)
      if (!taken && line.early.length < EARLY_LIMIT) line.early.push(parcel)
    }
    this.#wait()
  }

  /** The gateway refused a signal for good, so later ones must not wait for it. */
  refused({ toDeviceId, stream, seq, error }: SignalRefused): void {
    const line = this.#lines.get(toDeviceId)
    if (!line || error?.info?.reason !== ErrorReason.BAD_SIGNAL) return
    const empty = line.stream.refuse(Number(stream), seq)
    if (empty) this.#post(toDeviceId, line, [empty])
  }

  /** On a new connection: sends unacknowledged signals again. */
  reconnected(): void {
    for (const [deviceId, line] of this.#lines) this.#post(deviceId, line, line.stream.again(this.#now))
    this.#wait()
  }

  forget(deviceId: string): void {
    this.#lines.delete(deviceId)
    this.#wait()
  }

  close(): void {
    this.#closed = true
    this.#alarm.clear()
    this.#lines.clear()
  }

  get #now(): number {
    return this.options.clock.now()
  }

  #line(userId: string, deviceId: string): Line {
    const present = this.#lines.get(deviceId)
    if (present) return present
    const line: Line = { userId, stream: new SignalStream(this.#began), epoch: 0, early: [] }
    this.#lines.set(deviceId, line)
    return line
  }

  #post(deviceId: string, { userId }: Line, frames: readonly Frame[]): void {
    for (const { stream, seq, ack, ackStream, signal } of frames) {
      this.options.post(
        create(OutgoingSignalSchema, {
          callToken: this.options.token(),
          toUserId: userId,
          toDeviceId: deviceId,
          seq,
          ack,
          stream: BigInt(stream),
          ackStream: BigInt(ackStream),
          epoch: signal?.epoch ?? 0,
          ...(signal ? { signal: signal.signal } : {}),
        }),
      )
    }
  }

  /** One timer for all lines. */
  #wait(): void {
    const next = Math.min(...[...this.#lines.values()].map(({ stream }) => stream.dueAt))
    if (this.#closed || next === Number.POSITIVE_INFINITY) this.#alarm.clear()
    else this.#alarm.set(next - this.#now, () => this.#due())
  }

  #due(): void {
    for (const [deviceId, line] of this.#lines) this.#post(deviceId, line, line.stream.due(this.#now))
    this.#wait()
  }
}
