import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createRouterTransport } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import { IdentityNames } from './identity-names.js'

function world() {
  const asked: (readonly string[])[] = []
  const people = new Map([
    ['ann', { username: 'ann', displayName: 'Анна' }],
    ['gone', { deleted: true }],
  ])
  const rpc = createRouterTransport(({ service }) => {
    service(IdentityService, {
      getUsers: ({ userIds }) => {
        asked.push(userIds)
        return { users: userIds.flatMap((id) => (people.has(id) ? [{ id, ...people.get(id) }] : [])) }
      },
    })
  })
  let now = 1
  const names = new IdentityNames(rpc, () => now)
  return { asked, people, names, later: (ms: number) => (now += ms) }
}

test('tells how people are called; of those who are unknown or gone nothing', async () => {
  const { names } = world()
  expect([...(await names.of(['ann', 'gone', 'nobody']))]).toEqual([['ann', { username: 'ann', displayName: 'Анна' }]])
})

test('asks about each person once a minute, also about those who are unknown, and then has the new name', async () => {
  const { names, asked, people, later } = world()
  await names.of(['ann', 'nobody'])
  await names.of(['ann', 'nobody', 'bob'])
  expect(asked).toEqual([['ann', 'nobody'], ['bob']])
  people.set('ann', { username: 'ann', displayName: 'Anna' })
  later(60_000)
  expect((await names.of(['ann'])).get('ann')?.displayName).toBe('Anna')
})
