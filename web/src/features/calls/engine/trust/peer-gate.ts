import { DescriptionRefusedSchema, type Signal, SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import type { LinkGuard, PeerKey, Refused } from './link-guard.js'
import { type Refusal, reasonFor, whyOf } from './refusal.js'
import { Turns } from './turns.js'

export interface PeerGateOptions {
  readonly guard: LinkGuard
  /** To the other device. */
  send(signal: Signal, round: number): void
  /** A signal of the other device that may be used. */
  pass(signal: Signal, round: number): void
  /** This device has refused a description. */
  onRefused(): void
  /** Another refusal, or another key. */
  onChange(): void
}

/**
 * All signals of a link go through here, in their order: own descriptions are signed, and those of the other device are used only with its
 * signature. Both sides are told of a refusal; nothing is ever answered without a signature.
 */
export class PeerGate {
  readonly #out = new Turns()
  readonly #in = new Turns()
  #refusal: Refusal | undefined
  #peerKey: PeerKey | undefined
  /** Signals of an earlier page of the other device are void. */
  #page = 0
  #closed = false

  constructor(private readonly options: PeerGateOptions) {}

  /** Why there is no connection; undefined: nobody has refused. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** The key with which the other device has signed; undefined: it has not yet. */
  get peerKey(): PeerKey | undefined {
    return this.#peerKey
  }

  send(signal: Signal, round: number): void {
    this.#out.take(() => {
      if (signal.signal.case === 'description') return this.#sign(signal, round)
      this.#post(signal, round)
    })
  }

  receive(signal: Signal, round: number): void {
    if (signal.signal.case === 'refused') {
      this.#become({ where: 'there', why: whyOf(signal.signal.value.reason) })
      return
    }
    const page = this.#page
    this.#in.take(() => {
      if (signal.signal.case === 'description') return this.#check(signal, round, page)
      if (page === this.#page && !this.#closed) this.options.pass(signal, round)
    })
  }

  /** The other device has a new page. */
  meetAnew(): void {
    this.#page += 1
  }

  /** The devices are connected, or try again: what was refused does not count any more. */
  forgive(): void {
    this.#become(undefined)
  }

  close(): void {
    this.#closed = true
  }

  async #sign(signal: Signal, round: number): Promise<void> {
    if (signal.signal.case !== 'description') return
    const { type, sdp } = signal.signal.value
    const signature = await this.options.guard.sign(type, sdp, round)
    const value = { type, sdp, signature }
    this.#post(create(SignalSchema, { signal: { case: 'description', value } }), round)
  }

  #post(signal: Signal, round: number): void {
    if (!this.#closed) this.options.send(signal, round)
  }

  async #check(signal: Signal, round: number, page: number): Promise<void> {
    if (signal.signal.case !== 'description') return
    const checked = await this.options.guard.check(signal.signal.value, round)
    if (this.#closed || page !== this.#page) return
    if (checked.why !== undefined) return this.#refuse(checked, round)
    this.#peerKey = checked
    this.#become(undefined)
    this.options.pass(signal, round)
  }

  #refuse({ why, key }: Refused, round: number): void {
    const value = create(DescriptionRefusedSchema, { reason: reasonFor(why) })
    this.options.send(create(SignalSchema, { signal: { case: 'refused', value } }), round)
    this.#become({ where: 'here', why, ...(key ? { key } : {}) })
    this.options.onRefused()
  }

  #become(refusal: Refusal | undefined): void {
    this.#refusal = refusal
    this.options.onChange()
  }
}
