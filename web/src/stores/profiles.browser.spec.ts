import { ProfileChangedSchema, ReadySchema } from '@beseda/proto/gateway/v1/frames'
import { GetMeResponseSchema, GetUsersResponseSchema, UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { identity } from '../net/index.js'
import { useAccount } from './account.js'
import { useDirectory } from './directory.js'
import { usePresence } from './presence.js'
import { openedPage } from './testing.js'

let page: ReturnType<typeof openedPage>
const user = (id: string, displayName: string) => create(UserSchema, { id, displayName, username: id })
const usersOf = (...all: ReturnType<typeof user>[]) => create(GetUsersResponseSchema, { users: all })
const changed = (one: ReturnType<typeof user>) => create(ProfileChangedSchema, { user: one })

beforeEach(() => {
  page = openedPage()
})
afterEach(() => vi.restoreAllMocks())

test('a new name reaches whoever has the page open, and one that was asked for before it does not undo it', async () => {
  const answer = Promise.withResolvers<ReturnType<typeof usersOf>>()
  const asked = vi.spyOn(identity, 'getUsers').mockReturnValueOnce(answer.promise)
  const directory = useDirectory()
  usePresence()
  expect([directory.nameOf('bob'), directory.nameOf('eve')]).toEqual(['…', '…'])
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1))
  page.says('profileChanged', changed(user('bob', 'Robert')))
  answer.resolve(usersOf(user('bob', 'Bob'), user('eve', 'Eve')))
  await vi.waitFor(() => expect(directory.nameOf('eve')).toBe('Eve'))
  expect(directory.nameOf('bob')).toBe('Robert')
})

test('one’s own profile that was changed on another device is new in the account, too', async () => {
  vi.spyOn(identity, 'getMe').mockResolvedValue(
    create(GetMeResponseSchema, { me: { user: user('ann', 'Ann'), locale: 'en' } }),
  )
  const account = useAccount()
  usePresence()
  await account.load()
  page.says('profileChanged', changed(user('bob', 'Robert')))
  expect(account.me?.user?.displayName).toBe('Ann')
  page.says('profileChanged', changed(user('ann', 'Anna')))
  expect([account.me?.user?.displayName, account.me?.locale]).toEqual(['Anna', 'en'])
})

test('after a new connection those on the screen are asked for again, and what was shown stays until the answer', async () => {
  const answer = Promise.withResolvers<ReturnType<typeof usersOf>>()
  const asked = vi.spyOn(identity, 'getUsers').mockReturnValueOnce(answer.promise)
  const [presence, directory] = [usePresence(), useDirectory()]
  directory.remember([user('bob', 'Bob'), user('eve', 'Eve')])
  presence.watchPeople('list', ['bob'])
  page.says('ready', create(ReadySchema, { userId: 'ann' }))
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1))
  expect(asked.mock.calls[0]?.[0]).toEqual({ userIds: ['bob'] })
  expect(directory.nameOf('bob')).toBe('Bob')
  answer.resolve(usersOf(user('bob', 'Robert')))
  await vi.waitFor(() => expect(directory.nameOf('bob')).toBe('Robert'))
})

test('tells the server once who is on the screen; above its limit, people in the list come first', () => {
  const presence = usePresence()
  const many = Array.from({ length: 1_000 }, (_, i) => `p${i}`)
  presence.watchPeople('members', many)
  presence.watchPeople('list', ['bob', ''])
  presence.watchPeople('list', ['bob'])
  const sets = page.sent.map(({ case: kind, value }) => (kind === 'watchPresence' ? (value.userIds ?? []) : []))
  expect(sets.map((ids) => [ids.length, ids[0]])).toEqual([
    [1_000, 'p0'],
    [1_000, 'bob'],
  ])
})
