import { expect, test } from 'vitest'
import { keysInMemory } from '../../../../keys/memory.js'
import { ownKeyOf } from '../../../../keys/own-key.js'
import { KeyGroup, type Membership } from './key-group.js'

const ID = `${crypto.randomUUID()}.43200000`
const person = async (): Promise<Membership> => {
  const own = await ownKeyOf(keysInMemory(), { userId: crypto.randomUUID(), deviceId: crypto.randomUUID() })
  return { own, id: ID, believes: async () => true }
}

/** Most people in a call (`SFU_LIMIT`), and what one request to the server may hold. */
const MOST = 150
const REQUEST_BYTES = 64 * 1024
/** Grown from nothing by those who come; more of them take longer, because each looks at all. */
const [FEW, SOME] = [8, 24]

test('the keys of the largest call fit into a request: what is told of the group grows by the same for each device', async () => {
  const sizes = new Map<number, number>()
  let group = await KeyGroup.found(await person())
  let commit = new Uint8Array()
  for (let count = 2; count <= SOME; count++) {
    const from = { epoch: group.epoch, groupInfo: await group.info() }
    const entered = await KeyGroup.enter(await person(), from)
    ;({ group } = entered)
    commit = Uint8Array.from(entered.commit)
    sizes.set(count, (await group.info()).length)
  }
  const [few, some] = [sizes.get(FEW)!, sizes.get(SOME)!]
  const each = (some - few) / (SOME - FEW)
  const info = some + each * (MOST - SOME)
  process.stdout.write(`a device takes ${each}, ${MOST} take ${info}, a commit of ${SOME} ${commit.length} bytes\n`)
  expect(info).toBeLessThan(REQUEST_BYTES - 8 * commit.length)
})

test('a commit that neither lets somebody in nor removes somebody is refused', async () => {
  const [ann, bob, cat] = [await person(), await person(), await person()]
  const founded = await KeyGroup.found(ann)
  const entered = await KeyGroup.enter(bob, { epoch: founded.epoch, groupInfo: await founded.info() })
  const both = await founded.after(entered.commit)
  const empty = await entered.group.without([])
  await expect(both?.after(empty.commit)).rejects.toThrow('something else')
  const more = await KeyGroup.enter(cat, { epoch: both!.epoch, groupInfo: await both!.info() })
  const all = await both?.after(more.commit)
  const left = all!.leaves.filter(({ deviceId }) => deviceId === cat.own.deviceId)
  const removed = await all!.without(left)
  expect(await more.group.after(removed.commit)).toBeUndefined()
  expect(removed.group.leaves).toHaveLength(2)
})
