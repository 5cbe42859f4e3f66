import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ErrorSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { fromWire } from '../../../../net/errors.js'
import { KeyGroup } from './key-group.js'
import { type TestMember, TestRoom } from './testing.js'

let room: TestRoom
afterEach(() => room.close())

const agree = () => expect.poll(() => room.agrees).toBe(true)
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

async function roomOf(...names: readonly string[]) {
  room = new TestRoom()
  const members = await Promise.all(names.map((name) => room.make(name)))
  return members
}

test('two who come at the same time have the same keys: each sends with its own, which the other one has', async () => {
  const [ann, bob] = await roomOf('ann', 'bob')
  room.join(ann!, bob!)
  await agree()
  const [hers, his] = [ann!.had.at(-1)!, bob!.had.at(-1)!]
  expect(hex(his.others.get('ann-device'))).toBe(hex(hers.own))
  expect(hex(hers.others.get('bob-device'))).toBe(hex(his.own))
  expect(hex(hers.own)).not.toBe(hex(his.own))
  expect(ann!.keys.peerKey('bob-device')?.key.publicKey).toEqual(bob!.own.publicKey)
})

test('whoever leaves has none of the next keys, and each change makes another code', async () => {
  const [ann, bob, eve] = await roomOf('ann', 'bob', 'eve')
  room.join(ann!, bob!, eve!)
  await agree()
  const before = hex(ann!.keys.authenticator)
  const epoch = room.delivery.epoch
  room.leave(eve!)
  await agree()
  expect(room.delivery.epoch).toBeGreaterThan(epoch)
  expect(hex(ann!.keys.authenticator)).not.toBe(before)
  expect(eve!.had.some((keys) => hex(keys.others.get('ann-device')) === hex(ann!.had.at(-1)?.own))).toBe(false)
})

test('a device whose key is not the listed one is not let in, and nobody who knows better sends to it', async () => {
  const [ann, bob] = await roomOf('ann', 'bob')
  const eve = await room.make('eve')
  room.join(ann!, bob!)
  await agree()
  const stranger = await room.make('eve')
  expect(hex(stranger.own.publicKey)).not.toBe(hex(eve.own.publicKey))
  room.listed.set('eve', [{ ...eve.own }])
  room.join(stranger)
  await expect.poll(() => ann!.keys.refusal('eve-device')?.why).toBe('forged')
  expect(ann!.had.at(-1)?.others.has('eve-device')).toBe(false)
  expect(bob!.had.every(({ others }) => !others.has('eve-device'))).toBe(true)
})

test('a device that is not believed, and leaves, holds nobody up: the others go on without it, and whoever comes gets in', async () => {
  const [ann, bob] = await roomOf('ann', 'bob')
  const eve = await room.make('eve')
  room.join(ann!, bob!)
  await agree()
  const stranger = await room.make('eve')
  room.listed.set('eve', [{ ...eve.own }])
  room.join(stranger)
  await expect.poll(() => ann!.keys.refusal('eve-device')?.why).toBe('forged')
  room.leave(stranger)
  await agree()
  const cat = await room.make('cat')
  room.join(cat)
  await agree()
  const theirs = stranger.had.map(({ others }) => hex(others.get('ann-device')))
  expect(theirs).not.toContain(hex(ann!.had.at(-1)?.own))
})

test('who has verified somebody hears the others while that person has another key, and sends nothing until it is accepted', async () => {
  const [ann, bob, cat] = await roomOf('ann', 'bob', 'cat')
  room.join(ann!, cat!)
  await agree()
  await ann!.book.trust('bob', [{ ...bob!.own, publicKey: new Uint8Array(32).fill(7) }], 'verified')
  room.join(bob!)
  await expect.poll(() => ann!.keys.refusal('bob-device')?.why).toBe('keyChanged')
  const newest = () => ann!.had.at(-1)
  await expect.poll(() => [newest()?.own, newest()?.others.has('bob-device')]).toEqual([undefined, true])
  await expect.poll(() => hex(newest()?.others.get('cat-device'))).toBe(hex(cat!.had.at(-1)?.own))
  expect(ann!.keys.peerKey('bob-device')).toBeUndefined()
  await ann!.book.trust('bob', [bob!.own], 'seen')
  await agree()
})

test('a device that is not in the call is not let in, though the server delivers its commit', async () => {
  const [ann, bob] = await roomOf('ann', 'bob')
  room.join(ann!)
  await agree()
  bob!.keys.update({ participants: [ann!.device, bob!.device] as never[], away: [] })
  await expect.poll(() => room.delivery.epoch).toBe(2)
  ann!.keys.look()
  await expect.poll(() => bob!.had.length).toBeGreaterThan(0)
  expect(ann!.had.every(({ others }) => others.size === 0)).toBe(true)
  room.join(bob!)
  await agree()
})

/** Time that passes when a test says so. */
class SlowClock {
  #now = 1_000
  readonly #waiting = new Set<{ readonly at: number; readonly work: () => void }>()
  now = () => this.#now
  after = (ms: number, work: () => void) => {
    const entry = { at: this.#now + ms, work }
    this.#waiting.add(entry)
    return () => void this.#waiting.delete(entry)
  }
  /** What is due at this moment is done. */
  run(): void {
    for (const entry of [...this.#waiting].filter(({ at }) => at <= this.#now)) {
      this.#waiting.delete(entry)
      entry.work()
    }
  }
  pass(ms: number): void {
    this.#now += ms
  }
  get isIdle(): boolean {
    return this.#waiting.size === 0
  }
  /** Somebody waits for just this long. */
  isWaitedFor(ms: number): boolean {
    return [...this.#waiting].some(({ at }) => at === this.#now + ms)
  }
}

const hasKeysOf = (member: TestMember, other: TestMember) => member.had.at(-1)?.others.has(other.device.deviceId)

describe('who has left is removed', () => {
  test('at once by the first who is there, however many before that are away', async () => {
    const time = new SlowClock()
    room = new TestRoom(time)
    const [eve, dan, cat, bob, ann] = await Promise.all(
      ['eve', 'dan', 'cat', 'bob', 'ann'].map((name) => room.make(name)),
    )
    for (const member of [dan!, cat!, bob!, ann!, eve!]) {
      room.join(member)
      await agree()
    }
    room.lapse(dan!, cat!, bob!)
    room.leave(eve!)
    await expect.poll(() => [time.run(), hasKeysOf(ann!, eve!)][1]).toBe(false)
    expect(hasKeysOf(ann!, dan!)).toBe(true)
  })

  test('half a second later by the next, whoever comes meanwhile', async () => {
    const time = new SlowClock()
    room = new TestRoom(time)
    const [ann, bob, cat, eve] = await Promise.all(['ann', 'bob', 'cat', 'eve'].map((name) => room.make(name)))
    for (const member of [ann!, bob!, eve!]) {
      room.join(member)
      await agree()
    }
    // It is in the call, and does nothing.
    ann!.keys.close()
    room.leave(eve!)
    await expect.poll(() => time.isWaitedFor(500)).toBe(true)
    for (const member of [cat!, await room.make('dan')]) {
      time.pass(240)
      room.join(member)
      await expect.poll(() => [time.run(), hasKeysOf(bob!, member)][1]).toBe(true)
    }
    expect(hasKeysOf(bob!, eve!)).toBe(true)
    time.pass(20)
    await expect.poll(() => [time.run(), hasKeysOf(bob!, eve!)][1]).toBe(false)
  })
})

test.each([true, false])(
  'a reloaded page takes the place of the earlier one, with the same key (%s)',
  async (sameKey) => {
    const [ann, bob] = await roomOf('ann', 'bob')
    room.join(ann!, bob!)
    await agree()
    const again = await room.make('bob', sameKey ? bob!.memory : undefined)
    room.inside.delete(bob!)
    bob!.keys.close()
    room.join(again)
    await agree()
  },
)

test('who is told that the call does not use this room asks for nothing more, until the call says something else', async () => {
  const time = new SlowClock()
  room = new TestRoom(time)
  const ann = await room.make('ann')
  room.join(ann)
  await agree()
  room.delivery.refusal = fromWire(
    create(ErrorSchema, { code: 'failed_precondition', info: { reason: ErrorReason.NOT_IN_CALL } }),
  )
  await expect.poll(() => time.isWaitedFor(5_000)).toBe(true)
  const { requests } = room.delivery
  time.pass(5_000)
  time.run()
  await expect.poll(() => [room.delivery.requests, time.isIdle]).toEqual([requests + 1, true])
  room.delivery.refusal = undefined
  const bob = await room.make('bob')
  room.join(bob)
  await agree()
})

test('keys that the server has lost are made anew', async () => {
  const [ann, bob] = await roomOf('ann', 'bob')
  room.join(ann!, bob!)
  await agree()
  const before = hex(ann!.keys.authenticator)
  room.delivery.forget()
  ann!.keys.look()
  bob!.keys.look()
  await expect.poll(() => room.agrees && hex(ann!.keys.authenticator) !== before).toBe(true)
})

test.each([
  ['that are no commit and no group', async () => [new Uint8Array([1, 2, 3]), new Uint8Array([4])]],
  [
    'of another group',
    async (eve: TestMember) => {
      const other = await KeyGroup.found({ own: eve.own, id: 'another call', believes: async () => true })
      return [new Uint8Array([1]), await other.info()]
    },
  ],
  [
    'of this group, of an epoch that the server does not count',
    async (eve: TestMember) => {
      const other = await KeyGroup.found({ own: eve.own, id: 'call.1', believes: async () => true })
      return [new Uint8Array([1]), await other.info()]
    },
  ],
] as const)('somebody in the call commits bytes %s: everybody says that the call needs other keys', async (_, make) => {
  const [ann, bob, eve] = await roomOf('ann', 'bob', 'eve')
  room.join(ann!, bob!, eve!)
  await agree()
  expect([ann!.troubles, bob!.troubles]).toEqual([0, 0])
  eve!.keys.close()
  const [commit, info] = await make(eve!)
  await room.delivery.api.commit(room.delivery.epoch, commit!, info!)
  await expect.poll(() => ann!.troubles > 1 && bob!.troubles > 1).toBe(true)
})

test('twelve who come at once all get in', async () => {
  const members = await roomOf(...Array.from({ length: 12 }, (_, i) => `person${i}`))
  room.join(...members)
  await agree()
})

test('whoever comes and goes, and whatever notices are lost: all who are there agree, and nobody else has their keys', async () => {
  const names = ['ann', 'bob', 'cyd', 'dan', 'eve']
  const steps = fc.array(fc.record({ who: fc.nat(names.length - 1), lost: fc.boolean() }), {
    minLength: 3,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (turns, seed) => {
      room = new TestRoom()
      let turn = seed
      room.loses = () => {
        turn = (turn * 1_103_515_245 + 12_345) % 2_147_483_648
        return turn % 3 === 0
      }
      const inside = new Map<number, Awaited<ReturnType<TestRoom['make']>>>()
      const gone: Awaited<ReturnType<TestRoom['make']>>[] = []
      for (const { who, lost } of turns) {
        const present = inside.get(who)
        if (present) {
          inside.delete(who)
          gone.push(present)
          room.leave(present)
        } else {
          const member = await room.make(`${names[who]}${turns.length}${gone.length}`)
          inside.set(who, member)
          room.join(member)
        }
        if (!lost && inside.size > 0) await agree()
      }
      if (inside.size > 0) await agree()
      const sent = [...inside.values()].map(({ had }) => hex(had.at(-1)?.own))
      const left = gone.flatMap(({ had }) =>
        had.flatMap(({ others, own }) => [...others.values(), own].map((key) => hex(key))),
      )
      expect(sent.filter((key) => left.includes(key))).toEqual([])
      room.close()
    }),
    { numRuns: 6 },
  )
})
