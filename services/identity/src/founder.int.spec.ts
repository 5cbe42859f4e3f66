import { newId } from '@beseda/kernel'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { identityService } from './identity.module.js'

/** Who administers an installation when accounts are deleted, names become free, and the service restarts. */
let system: TestSystem
afterEach(async () => {
  delete process.env.ADMINS
  await system?.stop()
})

const device = { id: newId(), name: 'Test' }
async function person(username: string) {
  const request = {
    commandId: newId(),
    username,
    displayName: username,
    password: 'correct horse',
    device,
    code: system.founderCode,
  }
  const { me } = await system.client(IdentityService).register(request)
  const id = me?.user?.id ?? ''
  const client = system.client(IdentityService, { userId: id })
  const isAdministrator = async () => (await client.getMe({})).me?.administrator
  return { id, me, client, isAdministrator }
}

test('nobody inherits from a deleted founder, not even after a rebuild of the view', async () => {
  system = await TestSystem.start(identityService)
  const [ann, bob] = [await person('ann'), await person('bob')]
  expect([ann.me?.administrator, bob.me?.administrator]).toEqual([true, false])
  await ann.client.deleteAccount({ commandId: newId(), password: 'correct horse' })
  expect(await bob.isAdministrator()).toBe(false)
  // The name is free when the deletion has been carried through.
  const again = await vi.waitFor(() => person('ann'), { interval: 200 })
  expect(again.me?.administrator).toBe(false)
  await system.run(identityService)
  for (let i = 0; i < 4; i++) expect(await bob.isAdministrator()).toBe(false)
})

test('ADMINS counts for accounts that existed before; registering a free name in it gives no rights', async () => {
  system = await TestSystem.start()
  const before = await system.run(identityService)
  const [, bob] = [await person('ann'), await person('bob')]
  process.env.ADMINS = 'bob, carol'
  await before.stop()
  await system.run(identityService)
  await expect.poll(() => bob.isAdministrator()).toBe(true)
  expect((await bob.client.listAccounts({})).people).toBe(2)
  // An administrator whom he appoints cannot shut him out.
  const dave = await person('dave')
  await bob.client.setAdministrator({ commandId: newId(), userId: dave.id, administrator: true })
  const shutOut = { commandId: newId(), userId: bob.id, disabled: true }
  expect(await reasonOf(dave.client.setAccountDisabled(shutOut))).toBe('NOT_PERMITTED')
  const takeOver = { commandId: newId(), userId: bob.id }
  expect(await reasonOf(dave.client.offerPasswordReset(takeOver))).toBe('NOT_PERMITTED')
  const carol = await person('carol')
  for (let i = 0; i < 4; i++) expect(await carol.isAdministrator()).toBe(false)
  expect(await reasonOf(carol.client.listAccounts({}))).toBe('NOT_PERMITTED')
})
