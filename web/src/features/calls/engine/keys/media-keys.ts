import type { HeldKey } from '@beseda/client-protocol/device-keys'
import type { Call, MediaKeyCommit } from '@beseda/proto/call/v1/call_service'
import type { ListMediaKeyCommitsResponse } from '@beseda/proto/call/v1/media_key_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { handled } from '../../../../diagnostics/log.js'
import { reasonOf } from '../../../../net/errors.js'
import { Alarm, type Clock } from '../../../../time/clock.js'
import type { Device } from '../attendance.js'
import type { CallKeys, PeerKey } from '../trust/link-guard.js'
import type { Refusal } from '../trust/refusal.js'
import { KeyGroup, type Leaf, type Membership } from './key-group.js'
import { isIn, isPresent, type Present } from './presence.js'

/** The server's part: it orders the commits (`MediaKeyService`). */
export interface KeyDelivery {
  commit(
    epoch: number,
    commit: Uint8Array,
    info: Uint8Array,
  ): Promise<{ accepted: boolean; missed?: Missed | undefined }>
  list(epoch: number): Promise<Missed>
}
export type Missed = Pick<ListMediaKeyCommitsResponse, 'epoch' | 'commits' | 'groupInfo'>

/** The keys of one epoch, each for the frames of one device. */
export interface EpochKeys {
  readonly epoch: number
  /** Undefined: somebody who is not in the call has it, too. Nothing may be sent with it. */
  readonly own: Uint8Array | undefined
  readonly others: ReadonlyMap<string, Uint8Array>
}

export interface MediaKeysOptions {
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly me: Device
  /** Name of the group of keys: of the call, and of its room. */
  readonly id: string
  readonly keys: Pick<CallKeys, 'own'> & { readonly book: Pick<CallKeys['book'], 'holds' | 'onChange'> }
  readonly delivery: KeyDelivery
  onKeys(keys: EpochKeys): void
  /** Another epoch, or somebody is believed or not. */
  onChange(): void
  /** Nobody can get into the group as the server has it: the call needs another one. Told again as long as that is so. */
  onTrouble(): void
}

/** Of those in the call and in the group, the one with the lowest leaf removes who has left; after this time the next one does. */
const REMOVE_MS = 500
/** A lost notice is made up for after this time. Shorter: the server is asked for nothing; longer: somebody is not heard for longer. */
const LOOK_MS = 5_000
const RETRY_MS = 1_000
/** Attempts to enter a group that cannot be entered, until it is taken for broken. Fewer: two who come at the same time are a trouble. */
const BROKEN_AFTER = 2
/** Waits of those who join at the same time: one after another gets in. By person in the call. */
const JITTER_MS = 40
const MOST_JITTER_MS = 1_500

/**
 * The keys of a call's media: this device's membership in the MLS group of the call's room. Epochs follow the order of the server, which has
 * no key. Whoever is in the call comes in by itself; who has left is removed by the others.
 */
export class MediaKeys {
  #group: KeyGroup | undefined
  /** Commits that were told and not used yet, by the epoch that they make. Empty: to be fetched. */
  readonly #told = new Map<number, Uint8Array>()
  readonly #believed = new Map<string, PeerKey>()
  readonly #doubts = new Map<string, Refusal>()
  #present: Present = { participants: [], away: [] }
  /** Nobody but devices that are in the call, and are believed, has the keys that are sent with. */
  #isClean = false
  /** The group goes on without this device, which has to join anew. */
  #isOut = true
  /** A commit adds a device that the call does not name, since then. */
  #strangeAt: number | undefined
  /** Leaves of devices that have left the call, and since when that is known: also over the epochs that others make meanwhile. */
  #left = new Map<string, number>()
  #looks = true
  #attempts = 0
  /** Attempts in a row to enter a group that is not valid. */
  #invalid = 0
  #running = false
  #again = false
  #closed = false
  readonly #alarm: Alarm
  readonly #forget: () => void

  constructor(private readonly options: MediaKeysOptions) {
    this.#alarm = new Alarm(options.clock)
    this.#forget = options.keys.book.onChange(() => this.#poke())
  }

  /** Of the code that people compare; undefined while this device is in no epoch. */
  get authenticator(): Uint8Array | undefined {
    return this.#group?.authenticator
  }

  /** The key of a device in the group; undefined: it is not in it, or not yet. */
  peerKey(deviceId: string): PeerKey | undefined {
    return this.#group?.leaves.some((leaf) => leaf.deviceId === deviceId) ? this.#believed.get(deviceId) : undefined
  }

  /** Why a device is not let in. */
  refusal(deviceId: string): Refusal | undefined {
    return this.#doubts.get(deviceId)
  }

  /** Applies a new call state. */
  update({ participants, away }: Pick<Call, 'participants' | 'away'>): void {
    this.#present = { participants, away }
    this.#poke()
  }

  hear({ epoch, commit }: Pick<MediaKeyCommit, 'epoch' | 'commit'>): void {
    if (epoch > (this.#group?.epoch ?? 0)) this.#told.set(epoch, commit)
    else if (epoch < (this.#group?.epoch ?? 0)) this.#looks = true
    else return
    this.#poke()
  }

  /** Notices may have been lost meanwhile. */
  look(): void {
    this.#looks = true
    this.#poke()
  }

  close(): void {
    this.#closed = true
    this.#alarm.clear()
    this.#forget()
    this.#group = undefined
  }

  #poke(): void {
    this.#again = true
    if (!this.#running && !this.#closed) void this.#run()
  }

  /** One step after another, until there is nothing to do but to wait. */
  async #run(): Promise<void> {
    this.#running = true
    try {
      while (this.#again && !this.#closed) {
        this.#again = false
        await this.#step()
      }
      this.#wait(this.#dueAt - this.options.clock.now())
    } catch (error) {
      // The call, or this device, has left the room: until a newer picture of the call says something else, there is nothing to ask for.
      const isOver = reasonOf(error) === ErrorReason.NOT_IN_CALL
      if (!isOver) handled('calls.keys')(error)
      if (!isOver || this.#again) this.#wait(RETRY_MS)
    } finally {
      this.#running = false
    }
  }

  #wait(ms: number): void {
    if (this.#closed) return
    this.#alarm.set(Math.min(Math.max(ms, 0), LOOK_MS), () => this.look())
  }

  async #step(): Promise<void> {
    const group = this.#group
    if (!isPresent(this.#present, this.options.me)) return
    if (!group || this.#isOut) return this.#enter()
    if (this.#looks) await this.#fetch(group)
    else if (this.#told.has(group.epoch + 1)) await this.#follow(group)
    else if (this.#told.size > 0) await this.#fetch(group)
    else await this.#tidy(group)
  }

  async #enter(): Promise<void> {
    const { delivery } = this.options
    const newest = await delivery.list(0)
    this.#looks = false
    if (newest.epoch === 0) {
      const group = await KeyGroup.found(this.#membership)
      const { accepted } = await delivery.commit(0, new Uint8Array(), await group.info())
      return accepted ? this.#take(group) : this.#tryAgain()
    }
    this.#doubts.clear()
    const entered = await KeyGroup.enter(this.#membership, newest).catch((error: unknown) => {
      this.options.onChange()
      // Who is not believed may be removed, or be accepted by the person here.
      if (this.#doubts.size > 0) return undefined
      this.#invalid += 1
      if (this.#invalid >= BROKEN_AFTER && !this.#closed) this.options.onTrouble()
      throw error
    })
    if (!entered || this.#closed) return
    this.#invalid = 0
    const { accepted } = await delivery.commit(newest.epoch, entered.commit, await entered.group.info())
    if (!accepted) return this.#tryAgain()
    await this.#take(entered.group)
  }

  /** Somebody else was faster. */
  async #tryAgain(): Promise<void> {
    this.#attempts += 1
    const most = Math.min(MOST_JITTER_MS, JITTER_MS * (this.#present.participants.length + this.#attempts))
    await new Promise<void>((resolve) => void this.options.clock.after(this.options.random() * most, resolve))
    this.#again = true
  }

  /** What was missed; or else this device begins anew: the server has forgotten the group, or does not keep the commits any more. */
  async #fetch(group: KeyGroup): Promise<void> {
    const { epoch, commits } = await this.options.delivery.list(group.epoch)
    this.#looks = false
    for (const told of [...this.#told.keys()])
      if (told > epoch || this.#told.get(told)?.length === 0) this.#told.delete(told)
    if (epoch !== group.epoch) {
      for (const { epoch: made, commit } of commits) this.#told.set(made, commit)
      if (epoch < group.epoch || !this.#told.get(group.epoch + 1)?.length) this.#leave()
    }
    this.#again = true
  }

  async #follow(group: KeyGroup): Promise<void> {
    const commit = this.#told.get(group.epoch + 1)
    if (!commit?.length) return this.#fetch(group)
    this.#doubts.clear()
    try {
      const after = await group.after(commit)
      if (this.#closed) return
      const added = after?.leaves.filter(({ deviceId }) => !group.leaves.some((leaf) => leaf.deviceId === deviceId))
      if (added?.some((leaf) => !isPresent(this.#present, leaf))) return this.#waitForThem()
      if (after) await this.#take(after)
      else this.#leave()
    } catch (error) {
      this.options.onChange()
      if (this.#doubts.size > 0) return
      handled('calls.keys')(error)
      this.#leave()
    }
  }

  /** The call state that names them is under way, or they have left before it came: the others have removed them by then. */
  #waitForThem(): void {
    const now = this.options.clock.now()
    this.#strangeAt ??= now
    if (now - this.#strangeAt >= LOOK_MS) this.#leave()
  }

  /** Removes those who have left, when it is this device's turn. */
  async #tidy(group: KeyGroup): Promise<void> {
    const left = group.leaves.filter((leaf) => !isPresent(this.#present, leaf))
    const now = this.options.clock.now()
    this.#left = new Map(left.map((leaf) => [nameOf(leaf), this.#left.get(nameOf(leaf)) ?? now]))
    if (left.length === 0 && !this.#isClean) await this.#publish(group)
    if (left.length === 0 || this.#dueAt > now) return
    const { commit, group: after } = await group.without(left)
    const { accepted } = await this.options.delivery.commit(group.epoch, commit, await after.info())
    if (this.#closed) return
    if (accepted) return this.#take(after)
    this.#looks = true
    this.#again = true
  }

  /** When it is this device's turn to remove who has left. */
  get #dueAt(): number {
    const leftAt = Math.min(...this.#left.values())
    // Whoever is away does nothing, and may not.
    const able = this.#group?.leaves.filter((leaf) => isIn(this.#present, leaf)) ?? []
    const rank = able.findIndex(({ deviceId }) => deviceId === this.options.me.deviceId)
    return rank < 0 ? Number.POSITIVE_INFINITY : leftAt + REMOVE_MS * rank
  }

  async #take(group: KeyGroup): Promise<void> {
    if (this.#isOut) this.#isClean = false
    this.#isOut = false
    this.#strangeAt = undefined
    this.#group = group
    this.#attempts = 0
    for (const epoch of [...this.#told.keys()]) if (epoch <= group.epoch) this.#told.delete(epoch)
    this.#again = true
    await this.#publish(group)
  }

  async #publish(group: KeyGroup): Promise<void> {
    const areBelieved = await Promise.all(group.leaves.map((leaf) => this.#trusts(leaf)))
    // From here on only those who are in the call are let in, so that whoever leaves has had the keys until now anyway.
    this.#isClean ||= group.leaves.every((leaf) => isPresent(this.#present, leaf))
    this.#isClean &&= !areBelieved.includes(false)
    const devices = group.leaves.map(({ deviceId }) => deviceId)
    const all = await Promise.all(devices.map(async (id) => [id, await group.keyOf(id)] as const))
    if (this.#closed || this.#group !== group) return
    const { deviceId: mine } = this.options.me
    const own = this.#isClean ? all.find(([id]) => id === mine)?.[1] : undefined
    this.options.onKeys({ epoch: group.epoch, own, others: new Map(all.filter(([id]) => id !== mine)) })
    this.options.onChange()
  }

  /** Its keys are used until there are others. */
  #leave(): void {
    this.#isOut = true
    this.#told.clear()
    this.#left.clear()
    this.#strangeAt = undefined
    this.#again = true
  }

  get #membership(): Membership {
    return { own: this.options.keys.own, id: this.options.id, believes: (leaf) => this.#believes(leaf) }
  }

  /**
   * Whether a device may be in the group. Of those who are not believed, these may: whose new key the person here has not accepted, and who
   * have left and are about to be removed. Nothing is sent to them.
   */
  async #believes({ userId, deviceId, publicKey }: Omit<Leaf, 'index'>): Promise<boolean> {
    const { own, book } = this.options.keys
    // An earlier page had another key, where the browser keeps none: its leaf gives way when this device enters.
    if (deviceId === own.deviceId)
      return userId === own.userId && (this.#isOut || isSameBytes(publicKey, own.publicKey))
    const verdict = await book.holds({ userId, deviceId }, publicKey)
    if (verdict.distrust === undefined) {
      this.#believed.set(deviceId, verdict)
      this.#doubts.delete(deviceId)
      return true
    }
    this.#believed.delete(deviceId)
    this.#doubts.set(deviceId, { where: 'here', why: verdict.distrust, ...keyIn(verdict) })
    return verdict.distrust === 'keyChanged' || !isPresent(this.#present, { userId, deviceId })
  }

  /** Whoever was not believed may be by now. */
  async #trusts(leaf: Leaf): Promise<boolean> {
    const { me } = this.options
    const isKnown = () => {
      const known = this.#believed.get(leaf.deviceId)
      return known !== undefined && isSameBytes(known.key.publicKey, leaf.publicKey)
    }
    if (leaf.deviceId === me.deviceId || isKnown()) return true
    return isPresent(this.#present, leaf) && (await this.#believes(leaf)) && isKnown()
  }
}

const nameOf = ({ index, deviceId }: Leaf): string => `${index} ${deviceId}`

const keyIn = ({ key }: { readonly key?: HeldKey }) => (key ? { key } : {})

const isSameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
