import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn } from '../../../../testing/identity.js'
import type { AccountCommand } from '../../domain/accounts/account.js'
import { byPassword, SignIns } from './sign-ins.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

async function signIns() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  const open = new Set<string>()
  const sessions = {
    open: async () => {
      const sessionId = newId()
      open.add(sessionId)
      return { sessionId, accessToken: '', accessExpiresAt: NOW, refreshToken: '', deviceProof: '' }
    },
    end: async (_: string, ids: readonly string[]) => {
      for (const id of ids) open.delete(id)
    },
  }
  const signedIn: string[] = []
  const devices = { signedIn: async () => {} }
  const made = new SignIns(identity.queries, sessions, identity.administrators, devices, (userId) =>
    signedIn.push(userId),
  )
  const account = await identity.registration.register({ ...ANN, code: FOUNDER_CODE }, { commandId: newId(), now: NOW })
  const { userId } = account
  const run = (command: AccountCommand) =>
    identity.commands.run(userId, command, { commandId: newId(), userId, now: NOW })
  return { ...identity, signIns: made, open, signedIn, account, run }
}

test('a sign-in opens a session, and whoever has the founder’s code becomes the founder', async () => {
  const { signIns: all, open, signedIn, account, administrators } = await signIns()
  await all.open(byPassword(account), { id: newId(), name: 'laptop' }, NOW)
  expect([open.size, signedIn]).toEqual([1, [account.userId]])
  expect(administrators.is(account)).toBe(true)
})

test.each<[string, AccountCommand, ErrorReason]>([
  ['disabled', { type: 'SetDisabled', disabled: true }, ErrorReason.ACCOUNT_DISABLED],
  ['deleted', { type: 'Delete' }, ErrorReason.BAD_CREDENTIALS],
  ['given another password', { type: 'ChangePassword', passwordHash: 'other' }, ErrorReason.BAD_CREDENTIALS],
])('an account that was %s while the person was signing in lets nobody in', async (_, command, reason) => {
  const { signIns: all, open, signedIn, account, run } = await signIns()
  await run(command)
  // What was proved was proved of the account as it was before.
  expect(await all.open(byPassword(account), undefined, NOW).catch(reasonOf)).toBe(reason)
  expect([open.size, signedIn]).toEqual([0, []])
})

test('a session is not opened by a passkey or link that was removed meanwhile', async () => {
  const { signIns: all, open, signedIn, account, passkeys, run } = await signIns()
  const credentialId = Buffer.from('id')
  await run({ type: 'AddPasskey', credentialId, publicKey: Buffer.from('key'), transports: [], name: 'Phone' })
  const proven = { account, holds: () => passkeys.byId(credentialId) !== undefined }
  await all.open(proven, undefined, NOW)
  await run({ type: 'RemovePasskey', credentialId })
  expect(await all.open(proven, undefined, NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
  expect([open.size, signedIn]).toEqual([1, [account.userId]])
})
