import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn, SECRET } from '../../../testing/identity.js'
import { LaggingLog } from '../../../testing/lagging.js'
import { type PasskeyFlow, Passkeys } from './passkeys/passkeys.js'
import type { PasskeyRecord, WebAuthn } from './passkeys/ports.js'
import { Sealed } from './sign-in/sealed.js'

/** Refusals of a replica whose view lags behind what another replica has written. */
const NOW = new Date('2026-01-01T00:00:00Z')
const CODE = new Uint8Array([1])
const KEY = new Uint8Array([2])
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
type Identity = Awaited<ReturnType<typeof identityOn>>

/** One replica that writes, and another one that does not hear of it. */
async function replicas() {
  const store = new MemoryEventStore()
  const log = new LaggingLog(store)
  const [one, lagging] = [await identityOn(store), await identityOn(log)]
  onTestFinished(async () => void (await Promise.all([one.stop(), lagging.stop()])))
  const register = async (username: string) => {
    const person = { username, displayName: username, password: 'correct horse', locale: '', code: FOUNDER_CODE }
    return (await one.registration.register(person, { commandId: newId(), now: NOW })).userId
  }
  const [ann, bob] = [await register('ann'), await register('bob')]
  await one.administrators.settle(NOW)
  await lagging.queries.catchUp()
  log.hold()
  return { one, lagging, ann, bob }
}

const by = (userId: string) => ({ commandId: newId(), userId, now: NOW })
const added = { type: 'AddPasskey', credentialId: KEY, publicKey: KEY, transports: [], name: 'Phone' } as const

const passkeysOf = ({ queries, commands, passkeys }: Identity) => {
  const find = async (_response: string, _challenge: string, byId: (id: Uint8Array) => PasskeyRecord | undefined) =>
    byId(KEY)
  const webAuthn = {
    signIn: async () => ({ optionsJson: '{}', challenge: 'c' }),
    verifySignIn: find,
  } as Partial<WebAuthn>
  const flows = new Sealed<PasskeyFlow>(SECRET, 'passkey')
  const used = { use: async () => true }
  return new Passkeys(queries, commands, passkeys, webAuthn as WebAuthn, flows, used, () => {})
}

type Case = [
  what: string,
  write: (one: Identity, ids: { ann: string; bob: string }) => Promise<unknown>,
  ask: (lagging: Identity, ids: { ann: string; bob: string }, written: unknown) => Promise<unknown>,
]
const cases: Case[] = [
  [
    'a new token of a bot',
    async ({ bots }, { ann }) => (await bots.create({ username: 'b', displayName: 'B', scopes: [] }, by(ann))).token,
    ({ bots }, _, token) => bots.authenticate(String(token)),
  ],
  [
    'a new administrator',
    ({ administrators }, { ann, bob }) => administrators.set(bob, true, by(ann)),
    ({ administrators }, { bob }) => administrators.require(bob),
  ],
  [
    'a new reset code',
    ({ commands }, { ann, bob }) =>
      commands.run(bob, { type: 'OfferPasswordReset', codeHash: CODE, offeredBy: ann, now: NOW.getTime() }, by(bob)),
    ({ passwords, administrators }) =>
      passwords.reset(CODE, 'another horse', { commandId: newId(), now: NOW }, administrators),
  ],
  [
    'a new passkey',
    ({ commands }, { bob }) => commands.run(bob, added, by(bob)),
    async (lagging) => {
      const passkeys = passkeysOf(lagging)
      const { flow } = await passkeys.startSignIn(NOW.getTime())
      return passkeys.signIn(flow, '', NOW)
    },
  ],
  [
    'a new password',
    ({ commands }, { bob }) => commands.run(bob, { type: 'ChangePassword', passwordHash: 'plain new' }, by(bob)),
    ({ passwords }) => passwords.authenticate('bob', 'new', NOW),
  ],
  [
    'a new password, as the proof for something else',
    ({ commands }, { bob }) => commands.run(bob, { type: 'ChangePassword', passwordHash: 'plain new' }, by(bob)),
    ({ passwords }, { bob }) => passwords.requireProof(bob, 'new', NOW, async () => false),
  ],
  [
    'the user name of a deleted account',
    ({ commands }, { bob }) => commands.run(bob, { type: 'Delete' }, by(bob)),
    ({ registration }) => {
      const person = { username: 'bob', displayName: 'Bob', password: 'correct horse', locale: '', code: FOUNDER_CODE }
      const later = new Date(NOW.getTime() + 3_600_000)
      return registration.register(person, { commandId: newId(), now: later })
    },
  ],
]

test.each(cases)('%s is accepted by a replica that has not heard of it', async (_, write, ask) => {
  const { one, lagging, ...ids } = await replicas()
  const written = await write(one, ids)
  await ask(lagging, ids, written)
})

test('what is asked for is not taken to be so already by a replica that has not heard of the change', async () => {
  const { one, lagging, ann, bob } = await replicas()
  await one.administrators.set(bob, true, by(ann))
  await lagging.administrators.set(bob, false, by(ann))
  expect(await one.administrators.require(bob).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
})
