import { newId, partitionOf } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Fleet, Follower, PATIENCE_MS, Person, reasonOf } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Replicas that share the partitions by configuration, and gateways that are replaced under their clients. */
const PARTITIONS = ['0-1', '2-3']
const CLIENTS = 150

let fleet: Fleet
beforeAll(async () => {
  fleet = await Fleet.start({
    busNodes: 1,
    kinds: ['identity', 'group', 'membership', 'presence', 'gateway'],
    env: { MAX_DRAIN_SECONDS: '4' },
    envOf: (kind, replica) => (kind === 'group' && PARTITIONS[replica] ? { PARTITIONS: PARTITIONS[replica] } : {}),
  })
  // Requests without a partition, such as creating a group, go to a replica that serves all partitions.
  await fleet.scaleUp('group')
})
afterAll(() => fleet?.stop())

test('a replica with some of the partitions serves their groups, and no others', async () => {
  const ann = await Person.register(fleet.url, 'Ann')
  const groups = new Map<number, string>()
  while (groups.size < 4) {
    const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'G' }
    const { group } = await ann.groups.createGroup(creation)
    groups.set(partitionOf(group!.id, 4), group!.id)
  }
  const say = (partition: number) =>
    reasonOf(ann.groups.postMessage({ messageId: newId(), groupId: groups.get(partition)!, text: 'hello' }))
  const sayInAll = async () => Promise.all([0, 1, 2, 3].map(say))
  expect(await sayInAll()).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
  await Promise.all(['group-1', 'group-2'].map((name) => fleet.find(name).stop()))
  expect(await sayInAll()).toEqual(['accepted', 'accepted', 'UNAVAILABLE', 'UNAVAILABLE'])
  await fleet.find('group-1').start()
  await fleet.find('group-0').stop()
  expect(await sayInAll()).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'accepted', 'accepted'])
  await Promise.all(['group-0', 'group-2'].map((name) => fleet.find(name).start()))
  expect(await sayInAll()).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
})

describe('gateways that are replaced one after another', () => {
  test('spread the reconnects of their clients over seconds: no storm, and everybody is back', async () => {
    const followers = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const [userId, deviceId] = [newId(), newId()]
        const person = Person.known(fleet.url, userId, deviceId, await fleet.token(userId, deviceId))
        return new Follower(person, fleet.url, Math.random)
      }),
    )
    const everybody = () =>
      Promise.all(followers.map((one) => one.until(() => one.live, 'a connection', Date.now() + PATIENCE_MS)))
    for (const follower of followers) follower.start()
    await everybody()
    expect(fleet.balancer.healthy).toHaveLength(2)
    const began = Date.now()
    for (const name of ['gateway-0', 'gateway-1']) {
      await fleet.restart(name)
      await expect.poll(() => fleet.balancer.healthy).toContain(name)
    }
    await everybody()
    const hellos = followers.flatMap((one) => one.hellos.filter((at) => at >= began))
    const seconds = Map.groupBy(hellos, (at) => Math.floor((at - began) / 1000))
    const peak = Math.max(...[...seconds.values()].map(({ length }) => length))
    // Half of the clients were on the first gateway, all on the second: nobody reconnected more often than gateways left.
    expect(hellos.length).toBeGreaterThanOrEqual(CLIENTS)
    expect(hellos.length).toBeLessThanOrEqual(2.2 * CLIENTS)
    expect(peak).toBeLessThan(CLIENTS * 0.75)
    await Promise.all(followers.map((one) => one.stop()))
    expect(followers.flatMap(({ complaints }) => complaints)).toEqual([])
    // The balancer has both gateways again, each with its share of new connections.
    expect(new Set(fleet.balancer.passed.keys())).toEqual(new Set(['gateway-0', 'gateway-1']))
  })
})
