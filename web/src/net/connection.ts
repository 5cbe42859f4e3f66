import { newId } from '@beseda/kernel'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import { type Ref, ref } from 'vue'
import type { ClientLog } from '../diagnostics/client-log.js'
import type { GatewayLink } from './link/gateway-link.js'
import type { LinkListener } from './link/link-ports.js'
import {
  type ConnectionStatus,
  type Frame,
  type FrameCase,
  type FrameValue,
  type LinkState,
  type OutgoingFrame,
  type StopReason,
} from './link/wire.js'
import type { Carrier } from './rpc.js'
import type { TabChannel } from './tabs/channel.js'
import { Follower } from './tabs/follower.js'
import { Leader } from './tabs/leader.js'
import type { Tracer } from './tracing.js'

type Listener = (value: never) => void

export interface ConnectionParts {
  /** The socket of this window, which is used while it leads. */
  readonly link: (listener: LinkListener) => GatewayLink
  /** The channel among the windows of one person in this browser. */
  readonly openChannel: (userId: string) => TabChannel
  /** Calls `lead` once this window leads, until `signal` is aborted. `alone`: the windows are not coordinated. */
  readonly whenLeading: (userId: string, signal: AbortSignal, lead: (alone: boolean) => void) => void
  /** Id of the signed-in person; empty: nobody. */
  readonly userId: () => string
  readonly log: Pick<ClientLog, 'step'>
}

/**
 * The connection of this window. One window of a browser leads: it owns the socket. The others receive through it and send their
 * requests over HTTP; when it closes, another one leads.
 */
export class Connection implements Carrier {
  readonly status: Ref<ConnectionStatus> = ref('idle')
  readonly stopped: Ref<StopReason | undefined> = ref()
  /** When the next attempt begins, Unix ms; 0: none is planned. */
  readonly nextTryAt = ref(0)
  /** This window owns the socket and sends the messages of the outbox. */
  readonly leading = ref(false)
  readonly call: GatewayLink['call']
  /** Set where the server asks for traces. */
  tracer: Tracer | undefined
  readonly #id = newId()
  readonly #listeners = new Map<FrameCase, Set<Listener>>()
  readonly #link: GatewayLink
  #cursors: () => Cursor[] = () => []
  /** Until then the cursors are not complete. */
  #restored: Promise<unknown> | undefined
  #channel: TabChannel | undefined
  #follower: Follower | undefined
  #leader: Leader | undefined
  #term: AbortController | undefined
  #isPaused = false

  constructor(private readonly parts: ConnectionParts) {
    this.#link = parts.link({
      cursors: () => this.#cursors(),
      whenRestored: (then) => this.#whenRestored(then),
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
  }

  get carries(): boolean {
    return this.leading.value && this.status.value === 'live'
  }

  /**
   * `cursors` is called for every Hello. The first one waits for `restored`, while the window already finds out whether it leads, gets a
   * token and opens the socket.
   */
  start(cursors: () => Cursor[], restored?: Promise<unknown>): void {
    this.stop()
    this.#restored = restored
    const known = () => {
      if (this.#restored === restored) this.#restored = undefined
    }
    void restored?.then(known, known)
    const userId = this.parts.userId()
    const term = new AbortController()
    this.#term = term
    this.#cursors = cursors
    this.#channel = this.parts.openChannel(userId)
    this.#channel.listen((message) => (this.#leader ?? this.#follower)?.handleMessage(message))
    const follower = new Follower(this.#id, this.#channel, {
      cursors,
      frame: (frame) => this.#dispatch(frame),
      state: (state) => this.#become(state),
    })
    this.#follower = follower
    this.#whenRestored(() => {
      if (this.#follower === follower) follower.hello()
    })
    this.parts.whenLeading(userId, term.signal, (alone) => this.#lead(alone))
  }

  /** The window is about to close: the leader drops its subscriptions. */
  leave(): void {
    this.#follower?.leave()
  }

  /** The page is frozen: another window leads meanwhile. */
  pause(): void {
    if (!this.#term) return
    this.stop()
    this.#isPaused = true
  }

  unpause(): void {
    if (this.#isPaused) this.start(this.#cursors)
  }

  /** Gives up the lead to another window. */
  stop(): void {
    this.#isPaused = false
    this.#follower?.leave()
    this.#follower = undefined
    this.#link.stop()
    this.#leader = undefined
    this.leading.value = false
    this.#channel?.close()
    this.#channel = undefined
    this.#term?.abort()
    this.#term = undefined
  }

  /** A commit is missing from what was received: the next Hello requests it. */
  resume(): void {
    if (this.#leader) this.#link.resume()
    else this.#follower?.hello()
  }

  /** During a call: reconnect at once, and give up early on an attempt without an answer. */
  set eager(eager: boolean) {
    this.#link.eager = eager
  }

  /** Connects now instead of waiting for the next attempt. */
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

  /** Dropped when there is no connection: for frames that are useless later. */
  send(frame: OutgoingFrame): void {
    if (this.#leader) this.#leader.send(frame)
    else this.#follower?.send(frame)
  }

  #lead(alone: boolean): void {
    this.#follower?.leave()
    this.#follower = undefined
    this.#leader = new Leader(this.#link, alone ? undefined : this.#channel)
    this.leading.value = true
    this.parts.log.step('connection', alone ? 'leads alone' : 'leads')
    this.#link.start()
  }

  #whenRestored(then: () => void): void {
    if (this.#restored === undefined) then()
    else void this.#restored.then(then, then)
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
