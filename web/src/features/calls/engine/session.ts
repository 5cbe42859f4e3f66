import type {
  Call,
  CallAccess,
  CallService,
  JoinCallResponse,
  RenewCallResponse,
} from '@beseda/proto/call/v1/call_service'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Client } from '@connectrpc/connect'
import { handled } from '../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../time/clock.js'
import type { Device } from './attendance.js'

/** Leases of a participant last 19 s: two renewals may be lost. */
const RENEW_MS = 7_000
/** Retry interval when nobody answers: the call goes on without the server. */
const RETRY_MS = 1_500
/** The call has moved, or something is to be said, while the server answered. */
const BEHIND_MS = 100
/** The server keeps the place of a participant for a minute after the lease expired; after that the device must join again. */
const KEPT_MS = 75_000
/**
 * A device that reaches neither the server nor another participant gives up after this time. Shorter: a call is lost that would have come
 * back; longer: a person waits in vain. Time asleep does not count: the network needs a moment after waking.
 */
const GIVE_UP_MS = 180_000
const MOST_COUNTED_MS = 20_000

export type CallApi = Pick<Client<typeof CallService>, 'joinCall' | 'renewCall' | 'leaveCall'>

/** Why this device is no longer in the call. */
export type Over =
  | { readonly why: 'ended'; readonly reason: CallEndReason }
  | { readonly why: 'elsewhere' }
  | { readonly why: 'removed' }
  | { readonly why: 'refused'; readonly reason: ErrorReason }

export interface SessionOptions {
  readonly api: CallApi
  readonly clock: Clock
  readonly me: Device
  reasonOf(error: unknown): ErrorReason
  /** The person's setting, for the server to decide on: `CallAccess.relay_only` is what counts. */
  relayOnly(): boolean
  /** Whether another participant is connected: such a call goes on without the server. */
  isLinked(): boolean
  /** A newer call state. */
  onCall(call: Call): void
  onOver(over: Over): void
  /** A newer token and servers with newer credentials. */
  onAccess?(): void
}

/** The place of this device in a call: lease, token, credentials, and their recovery after a loss. */
export class CallSession {
  #call: Call
  #access: CallAccess
  /** When the token and the servers' credentials were received. */
  #accessAt: number
  #renewedAt: number
  /** When the server was asked last, and for how long nobody has been reached. */
  #askedAt: number
  #lostMs = 0
  /** The SFU's room from which nothing arrives; 0: none. */
  #trouble = 0
  #over = false
  #busy: Promise<void> | undefined
  readonly #alarm: Alarm

  constructor(
    private readonly options: SessionOptions,
    joined: { readonly call: Call; readonly access: CallAccess },
  ) {
    this.#call = joined.call
    this.#access = joined.access
    this.#accessAt = this.#renewedAt = this.#askedAt = options.clock.now()
    this.#alarm = new Alarm(options.clock)
    this.#alarm.set(RENEW_MS, () => void this.renew())
  }

  get call(): Call {
    return this.#call
  }

  get access(): CallAccess {
    return this.#access
  }

  /** A call state, from an event or an answer of the server. */
  picture(call: Call): void {
    if (this.#over || call.id !== this.#call.id || call.revision < this.#call.revision) return
    this.#call = call
    if (call.state === CallState.ENDED) {
      this.#end({ why: 'ended', reason: call.endReason })
      return
    }
    const { userId, deviceId } = this.options.me
    const mine = call.participants.find((participant) => participant.userId === userId)
    if (mine && mine.deviceId !== deviceId) this.#end({ why: 'elsewhere' })
    else if (!mine && !call.away.some((away) => away.userId === userId)) this.#end({ why: 'removed' })
    else {
      this.options.onCall(call)
      if (this.#isAccessOfOtherRoom) this.#soon()
    }
  }

  /** Nothing arrives through the SFU's room of this generation. */
  trouble(generation: number): void {
    if (this.#over || generation !== this.#call.sfu?.generation) return
    this.#trouble = generation
    void this.renew()
  }

  /** Renews the lease, or joins again. Concurrent calls share one request. */
  renew(): Promise<void> {
    this.#busy ??= this.#renew().finally(() => {
      this.#busy = undefined
    })
    return this.#busy
  }

  /** Leaves the call. An error is only logged: without renewal the lease expires, and the server removes the device. */
  async leave(): Promise<void> {
    if (this.#over) return
    this.close()
    await this.options.api.leaveCall(this.#ids).catch(handled('calls.leave'))
  }

  /** The page closes, perhaps to be loaded again: the others see it at once, and the place is kept for a short while. */
  pageCloses(): void {
    if (!this.#over) void this.options.api.leaveCall({ ...this.#ids, pageCloses: true }).catch(handled('calls.leave'))
  }

  close(): void {
    this.#over = true
    this.#alarm.clear()
  }

  async #renew(): Promise<void> {
    if (this.#over) return
    const { api, relayOnly } = this.options
    const request = {
      ...this.#ids,
      knownRevision: this.#call.revision,
      // The answer to a complaint may be another room.
      wantAccess: this.#isAccessOld || this.#trouble > 0,
      relayOnly: relayOnly(),
      sfuTrouble: this.#trouble,
    }
    this.#trouble = 0
    const before = this.#renewedAt
    try {
      this.#take(await api.renewCall(request))
    } catch (error) {
      // Nobody has heard it: whoever was put out of the room comes back only with the access that is asked for with it.
      this.#trouble ||= request.sfuTrouble
      await this.#recover(this.options.reasonOf(error))
    }
    if (this.#over) return
    const isAnswered = this.#renewedAt > before
    const isBehind = this.#isAccessOfOtherRoom || this.#trouble > 0
    this.#alarm.set(isAnswered ? (isBehind ? BEHIND_MS : RENEW_MS) : RETRY_MS, () => void this.renew())
  }

  async #recover(reason: ErrorReason): Promise<void> {
    switch (reason) {
      case ErrorReason.CALL_ANSWERED_ELSEWHERE:
        return this.#end({ why: 'elsewhere' })
      case ErrorReason.CALL_ENDED:
      case ErrorReason.CALL_NOT_FOUND:
        return this.#end({ why: 'ended', reason: CallEndReason.LOST })
      case ErrorReason.NOT_IN_CALL:
        // Away for longer than a place is kept, which is not a removal.
        if (this.options.clock.now() - this.#renewedAt < KEPT_MS) return this.#end({ why: 'removed' })
        return this.#rejoin()
      case ErrorReason.NOT_A_MEMBER:
      case ErrorReason.NOT_PERMITTED:
      case ErrorReason.GROUP_NOT_FOUND:
      case ErrorReason.MUTED:
        return this.#end({ why: 'removed' })
      default:
        // The server or the network is unreachable: the call goes on without them for a while.
        return this.#wait()
    }
  }

  #wait(): void {
    const now = this.options.clock.now()
    this.#lostMs = this.options.isLinked() ? 0 : this.#lostMs + Math.min(now - this.#askedAt, MOST_COUNTED_MS)
    this.#askedAt = now
    if (this.#lostMs >= GIVE_UP_MS) this.#end({ why: 'ended', reason: CallEndReason.LOST })
  }

  async #rejoin(): Promise<void> {
    try {
      this.#take(await this.options.api.joinCall({ ...this.#ids, move: false, relayOnly: this.options.relayOnly() }))
    } catch (error) {
      const reason = this.options.reasonOf(error)
      if (reason === ErrorReason.UNAVAILABLE || reason === ErrorReason.UNSPECIFIED) return
      this.#end({ why: 'refused', reason })
    }
  }

  #take({ call, access }: RenewCallResponse | JoinCallResponse): void {
    if (this.#over) return
    this.#renewedAt = this.#askedAt = this.options.clock.now()
    this.#lostMs = 0
    if (access) {
      this.#access = access
      this.#accessAt = this.#renewedAt
      this.options.onAccess?.()
    }
    if (call) this.picture(call)
  }

  /** New ones arrive long before the old ones expire, even where this clock and the server's are hours apart. */
  get #isAccessOld(): boolean {
    return this.#isAccessOfOtherRoom || this.options.clock.now() - this.#accessAt >= this.#access.renewAfterMs
  }

  /** The call has moved, and this device has no way in yet. */
  get #isAccessOfOtherRoom(): boolean {
    const { sfu } = this.#call
    return sfu !== undefined && this.#access.sfu?.generation !== sfu.generation
  }

  #soon(): void {
    if (!this.#busy) this.#alarm.set(0, () => void this.renew())
  }

  get #ids(): { callId: string; groupId: string } {
    return { callId: this.#call.id, groupId: this.#call.groupId }
  }

  #end(over: Over): void {
    if (this.#over) return
    this.close()
    this.options.onOver(over)
  }
}
