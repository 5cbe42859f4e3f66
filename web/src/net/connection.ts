import { newId } from '@beseda/kernel'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import { type Ref, ref } from 'vue'
import { GatewayLink } from './link/gateway-link.js'
import {
  type ConnectionStatus,
  type Frame,
  type FrameCase,
  type FrameValue,
  type LinkState,
  type OutgoingFrame,
  type StopReason,
} from './link/wire.js'
import { type Carrier, carryBy } from './rpc.js'
import { session } from './stored-session.js'
import { openTabChannel, type TabChannel, whenLeading } from './tabs/channel.js'
import { Follower } from './tabs/follower.js'
import { Leader } from './tabs/leader.js'
import type { Tracer } from './tracing.js'

type Listener = (value: never) => void

/**
 * The connection of this window. One window of a browser leads: it owns the socket. The others hear through it and make
 * their calls over HTTP; when it closes, another one leads.
 */
export class Connection implements Carrier {
  readonly status: Ref<ConnectionStatus> = ref('idle')
  readonly stopped: Ref<StopReason | undefined> = ref()
  /** When the next try begins, Unix ms; 0: none is waited for. */
  readonly nextTryAt = ref(0)
  /** This window owns the socket, and sends what is in the outbox. */
  readonly leading = ref(false)
  readonly call: GatewayLink['call']
  /** Where the server asks for traces. */
  tracer: Tracer | undefined
  readonly #id = newId()
  readonly #listeners = new Map<FrameCase, Set<Listener>>()
  readonly #link: GatewayLink
  #cursors: () => Cursor[] = () => []
  #channel: TabChannel | undefined
  #follower: Follower | undefined
  #leader: Leader | undefined
  #term: AbortController | undefined

  constructor() {
    this.#link = new GatewayLink({
      cursors: () => this.#cursors(),
      frame: (frame, bytes) => {
        this.#leader?.handleFrame(frame, bytes)
        this.#dispatch(frame)
      },
      state: (state) => {
        this.#become(state)
        this.#leader?.handleState(state)
      },
    })
    this.call = this.#link.call.bind(this.#link)
    carryBy(this)
    window.addEventListener('pagehide', () => this.#follower?.leave())
  }

  get carries(): boolean {
    return this.leading.value && this.status.value === 'live'
  }

  /** `cursors` is asked at every Hello. */
  start(cursors: () => Cursor[]): void {
    this.stop()
    const userId = session.value?.userId ?? ''
    const term = new AbortController()
    this.#term = term
    this.#cursors = cursors
    this.#channel = openTabChannel(userId)
    this.#channel.listen((message) => (this.#leader ?? this.#follower)?.handleMessage(message))
    this.#follower = new Follower(this.#id, this.#channel, {
      cursors,
      frame: (frame) => this.#dispatch(frame),
      state: (state) => this.#become(state),
    })
    this.#follower.hello()
    whenLeading(userId, term.signal, (alone) => this.#lead(alone))
  }

  /** Leaves the lead to another window. */
  stop(): void {
    this.#follower?.leave()
    this.#follower = undefined
    this.#link.stop()
    this.#leader = undefined
    this.leading.value = false
    this.#channel?.close()
    this.#channel = undefined
    this.#term?.abort()
  }

  /** There is a hole in what was received: the next Hello fills it. */
  resume(): void {
    if (this.#leader) this.#link.resume()
    else this.#follower?.hello()
  }

  /** A call is on: come back at once, and give up soon on what does not answer. */
  set eager(eager: boolean) {
    this.#link.eager = eager
  }

  /** No more waiting for the next try. */
  retryNow(): void {
    if (this.#leader) this.#link.hurry()
    else this.#follower?.hurry()
  }

  on<C extends FrameCase>(kind: C, listener: (value: FrameValue<C>) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set()
    this.#listeners.set(kind, listeners)
    listeners.add(listener as Listener)
    return () => listeners.delete(listener as Listener)
  }

  /** Dropped when there is no connection: for what is of no use later. */
  send(frame: OutgoingFrame): void {
    if (this.#leader) this.#leader.send(frame)
    else this.#follower?.send(frame)
  }

  #lead(alone: boolean): void {
    this.#follower?.leave()
    this.#follower = undefined
    this.#leader = new Leader(this.#link, alone ? undefined : this.#channel)
    this.leading.value = true
    this.#link.start()
  }

  #become({ status, stopped, nextTryAt }: LinkState): void {
    this.status.value = status
    this.stopped.value = stopped
    this.nextTryAt.value = nextTryAt
  }

  async #trace(ratio: number): Promise<void> {
    const { Tracer } = await import('./tracing.js')
    this.tracer ??= new Tracer(ratio)
  }

  #dispatch(frame: Frame): void {
    if (frame.case === undefined) return
    if (frame.case === 'ready' && frame.value.traceRatio > 0) void this.#trace(frame.value.traceRatio)
    for (const listener of this.#listeners.get(frame.case) ?? []) listener(frame.value as never)
  }
}
