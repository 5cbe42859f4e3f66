import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, test } from 'vitest'
import { type AccountCommand, accountDecider } from './account.js'

const register: AccountCommand = {
  type: 'Register',
  username: 'anna',
  displayName: '  Анна   Ким ',
  passwordHash: 'hash',
  locale: 'ru',
}
const given = aggregate(accountDecider)
const registered = accountDecider.decide(register, undefined)

test('a registration tidies the display name', () => {
  const [event] = given([]).when(register).events()
  expect(event?.value).toMatchObject({ username: 'anna', displayName: 'Анна Ким', locale: 'ru' })
})

test('one account per id', () => {
  given(registered).when(register).refused(ErrorReason.COMMAND_ID_REUSED)
})

test('a blank display name is refused', () => {
  given([])
    .when({ ...register, displayName: '   ' })
    .refused(ErrorReason.INVALID_REQUEST)
})

test('only what differs is changed, and nothing when nothing does', () => {
  given(registered).when({ type: 'ChangeProfile', displayName: 'Анна Ким' }).yields([])
  const [event] = given(registered).when({ type: 'ChangeProfile', displayName: 'Аня', statusText: '' }).events()
  expect(event?.value).toMatchObject({ displayName: 'Аня' })
  expect(given([...registered, event!]).state()).toMatchObject({ displayName: 'Аня', statusText: '', locale: 'ru' })
})

test('a new password replaces the old one', () => {
  const events = given(registered).when({ type: 'ChangePassword', passwordHash: 'new' }).events()
  expect(given([...registered, ...events]).state()).toMatchObject({ passwordHash: 'new', username: 'anna' })
})

test.each<AccountCommand>([
  { type: 'ChangePassword', passwordHash: 'x' },
  { type: 'ChangeProfile', displayName: 'x' },
])('without an account: $type is refused', (command) => given([]).when(command).refused(ErrorReason.USER_NOT_FOUND))

test('a second registration event under one id is ignored', () => {
  expect(given([...registered, ...registered]).state()).toMatchObject({ username: 'anna' })
})
