import type { HeldKey } from '@beseda/client-protocol/device-keys'
import { KeyBook } from '../../../../keys/key-book.js'
import { keysInMemory } from '../../../../keys/memory.js'
import { type OwnKey, ownKeyOf } from '../../../../keys/own-key.js'
import type { Clock } from '../../../../time/clock.js'
import type { Device } from '../attendance.js'
import { type EpochKeys, type KeyDelivery, MediaKeys } from './media-keys.js'

/** A clock on which a second lasts some milliseconds. */
const SPEED = 50
export const quickClock: Clock = {
  now: () => Date.now() * SPEED,
  after: (ms, work) => {
    const timer = setTimeout(work, ms / SPEED)
    return () => clearTimeout(timer)
  },
}

const KEPT = 8

/** What the server does: the first commit of an epoch counts, and everybody is told, if the notice is not lost. */
export class TestDelivery {
  epoch = 0
  info: Uint8Array = new Uint8Array()
  readonly commits: { epoch: number; commit: Uint8Array }[] = []
  /** What every request is refused with. */
  refusal: Error | undefined
  requests = 0
  tell: (epoch: number, commit: Uint8Array) => void = () => undefined

  get api(): KeyDelivery {
    return {
      commit: async (epoch, commit, info) => {
        this.#ask()
        if (epoch !== this.epoch) return { accepted: false }
        this.epoch += 1
        this.info = info
        this.commits.push({ epoch: this.epoch, commit })
        this.tell(this.epoch, commit)
        return { accepted: true }
      },
      list: async (epoch) => {
        this.#ask()
        const commits = this.#since(epoch)
        const follows = epoch > 0 && commits.length === this.epoch - epoch
        return { epoch: this.epoch, commits, groupInfo: follows ? new Uint8Array() : this.info }
      },
    }
  }

  forget(): void {
    this.epoch = 0
    this.commits.length = 0
  }

  #ask(): void {
    this.requests += 1
    if (this.refusal) throw this.refusal
  }

  #since(epoch: number) {
    const kept = this.commits.slice(-KEPT).filter((commit) => commit.epoch > epoch)
    const isWhole = kept.length === this.epoch - epoch && kept.every(({ commit }) => commit.length > 0)
    return (isWhole ? kept : []) as never[]
  }
}

export interface TestMember {
  readonly device: Device
  readonly own: OwnKey
  readonly book: KeyBook
  keys: MediaKeys
  readonly had: EpochKeys[]
  /** How often it has said that the group is broken. */
  troubles: number
  /** What the browser keeps over a reload. */
  readonly memory: Memory
}

type Memory = ReturnType<typeof keysInMemory>

/** Devices with real keys in one call: who is in it, each of them knows at once. */
export class TestRoom {
  readonly delivery = new TestDelivery()
  readonly listed = new Map<string, HeldKey[]>()
  readonly inside = new Set<TestMember>()
  /** Of those inside, whoever the server does not hear from. */
  readonly away = new Set<TestMember>()
  /** Whether this notice to this member is lost. */
  loses: (member: TestMember) => boolean = () => false

  constructor(private readonly clock: Clock = quickClock) {
    this.delivery.tell = (epoch, commit) => {
      for (const member of this.inside)
        if (!this.loses(member)) queueMicrotask(() => member.keys.hear({ epoch, commit }))
    }
  }

  async make(name: string, memory = keysInMemory()): Promise<TestMember> {
    const device = { userId: name, deviceId: `${name}-device` }
    const own = await ownKeyOf(memory, device)
    this.listed.set(name, [own])
    const list = async (userIds: readonly string[]) => userIds.flatMap((userId) => this.listed.get(userId) ?? [])
    const had: EpochKeys[] = []
    const book = new KeyBook({ clock: this.clock, people: memory, list })
    const keys = new MediaKeys({
      clock: this.clock,
      random: Math.random,
      me: device,
      id: 'call.1',
      keys: { own, book },
      delivery: this.delivery.api,
      onKeys: (epoch) => void had.push(epoch),
      onChange: () => undefined,
      onTrouble: () => void member.troubles++,
    })
    const member: TestMember = { device, own, book, keys, had, memory, troubles: 0 }
    return member
  }

  join(...members: readonly TestMember[]): void {
    for (const member of members) this.inside.add(member)
    this.#show()
  }

  leave(member: TestMember): void {
    this.inside.delete(member)
    this.#show()
    member.keys.close()
  }

  /** Everybody inside has the same newest keys, and all of them are for those inside. */
  get agrees(): boolean {
    const inside = new Set([...this.inside].map(({ device }) => device.deviceId))
    const codes = [...this.inside].map(({ keys }) => keys.authenticator?.join())
    return (
      new Set(codes).size === 1 &&
      codes[0] !== undefined &&
      [...this.inside].every(({ had, device }) => {
        const newest = had.at(-1)
        const has = [...(newest?.others.keys() ?? []), device.deviceId]
        return newest?.own && has.length === inside.size && has.every((id) => inside.has(id))
      })
    )
  }

  close(): void {
    for (const { keys } of this.inside) keys.close()
  }

  /** Devices of which nothing is heard any more: their places are kept. */
  lapse(...members: readonly TestMember[]): void {
    for (const member of members) {
      this.away.add(member)
      member.keys.close()
    }
    this.#show()
  }

  #show(): void {
    const [away, participants] = [true, false].map((isAway) =>
      [...this.inside].filter((member) => this.away.has(member) === isAway).map(({ device }) => device as never),
    )
    for (const { keys } of this.inside) keys.update({ participants: participants ?? [], away: away ?? [] })
  }
}
