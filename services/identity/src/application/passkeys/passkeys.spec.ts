import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn, SECRET, sharedInMemory } from '../../../../testing/identity.js'
import { Sealed } from '../sign-in/sealed.js'
import type { Proven } from '../sign-in/sign-ins.js'
import { type PasskeyFlow, Passkeys } from './passkeys.js'
import type { WebAuthn } from './ports.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const accountOf = ({ account }: Proven) => account
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

/** An authenticator whose answer is `<challenge> <credential id> <key>`; a signature is right when the key is. */
let challenges = 0
const authenticator: WebAuthn = {
  registration: async () => ({ optionsJson: '{}', challenge: `challenge${++challenges}` }),
  signIn: async () => ({ optionsJson: '{}', challenge: `challenge${++challenges}` }),
  verifyRegistration: async (response, challenge) => {
    const [answered, id = '', key = ''] = response.split(' ')
    if (answered !== challenge) throw new Error('another challenge')
    return { credentialId: Buffer.from(id), publicKey: Buffer.from(key), transports: [] }
  },
  verifySignIn: async (response, challenge, find) => {
    const [answered, id = '', key = ''] = response.split(' ')
    const passkey = find(Buffer.from(id))
    return answered === challenge && passkey && Buffer.from(passkey.publicKey).equals(Buffer.from(key))
      ? passkey
      : undefined
  },
}

async function people() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  const flows = new Sealed<PasskeyFlow>(SECRET, 'passkey')
  const { used: usedFlows } = sharedInMemory()
  const failures: unknown[] = []
  const make = (webAuthn: WebAuthn | undefined) =>
    new Passkeys(identity.queries, identity.commands, identity.passkeys, webAuthn, flows, usedFlows, (error) =>
      failures.push(error),
    )
  const passkeys = make(authenticator)
  const [ann, eve] = [newId(), newId()]
  for (const [userId, username] of [
    [ann, 'ann'],
    [eve, 'eve'],
  ] as const) {
    const command = {
      type: 'Register',
      username,
      displayName: username,
      passwordHash: 'x',
      locale: '',
      admission: Admission.OPEN,
    } as const
    await identity.registration.open(userId, command, { commandId: newId(), userId, now: NOW })
  }
  const caller = (userId: string) => ({ commandId: newId(), userId, now: NOW })
  const start = async (userId: string) => {
    const { flow } = await passkeys.start(userId, NOW.getTime())
    return { flow, challenge: `challenge${challenges}` }
  }
  const add = async (userId: string, id: string, key: string) => {
    const { flow, challenge } = await start(userId)
    return passkeys.add(flow, `${challenge} ${id} ${key}`, 'Phone', caller(userId)).catch(reasonOf)
  }
  const signIn = async (id: string, key: string) => {
    const { flow } = await passkeys.startSignIn(NOW.getTime())
    return passkeys.signIn(flow, `challenge${challenges} ${id} ${key}`, NOW).then(accountOf, reasonOf)
  }
  return { passkeys, none: make(undefined), ann, eve, caller, start, add, signIn, failures }
}

test('a passkey signs in to its account, with its key only', async () => {
  const { ann, add, signIn } = await people()
  await add(ann, 'id', 'key')
  expect(await signIn('id', 'key')).toMatchObject({ userId: ann })
  expect(await signIn('id', 'other')).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await signIn('unknown', 'key')).toBe(ErrorReason.SIGN_IN_FAILED)
})

test("nobody adds a passkey under another account's credential id, or with another person's flow", async () => {
  const { passkeys, ann, eve, add, start, caller, signIn } = await people()
  await add(ann, 'id', 'key')
  for (const key of ['key', 'mine']) expect(await add(eve, 'id', key)).toBe(ErrorReason.SIGN_IN_FAILED)
  const { flow, challenge } = await start(ann)
  const stolen = passkeys.add(flow, `${challenge} new key`, '', caller(eve))
  expect(await stolen.catch(reasonOf)).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await signIn('id', 'key')).toMatchObject({ userId: ann })
})

test('a repeated request, whose answer was lost, succeeds; a flow adds no second passkey', async () => {
  const { passkeys, ann, start, caller } = await people()
  const { flow, challenge } = await start(ann)
  const add = (id: string) => passkeys.add(flow, `${challenge} ${id} key`, 'Phone', caller(ann)).catch(reasonOf)
  expect([await add('one'), await add('one'), await add('two')]).toEqual([
    undefined,
    undefined,
    ErrorReason.SIGN_IN_FAILED,
  ])
  expect(passkeys.of(ann)).toMatchObject([{ name: 'Phone' }])
})

test('an addition that comes twice at the same time is carried out once', async () => {
  const { passkeys, ann, start, caller } = await people()
  const { flow, challenge } = await start(ann)
  const command = caller(ann)
  const add = () => passkeys.add(flow, `${challenge} one key`, 'Phone', command)
  await Promise.all([add(), add()])
  expect(passkeys.of(ann)).toHaveLength(1)
})

test('a proof holds until its passkey is removed', async () => {
  const { passkeys, ann, add, caller } = await people()
  for (const id of ['id', 'other']) await add(ann, id, 'key')
  const { flow } = await passkeys.startSignIn(NOW.getTime())
  const { holds } = await passkeys.signIn(flow, `challenge${challenges} id key`, NOW)
  await passkeys.remove(Buffer.from('other').toString('base64url'), caller(ann))
  expect(holds()).toBe(true)
  await passkeys.remove(Buffer.from('id').toString('base64url'), caller(ann))
  expect(holds()).toBe(false)
})

test('a sign-in is finished once, and not with the flow of something else', async () => {
  const { passkeys, ann, add, start } = await people()
  await add(ann, 'id', 'key')
  const { flow } = await passkeys.startSignIn(NOW.getTime())
  const finish = (by: string) => passkeys.signIn(by, `challenge${challenges} id key`, NOW).then(accountOf, reasonOf)
  expect(await finish(flow)).toMatchObject({ userId: ann })
  expect(await finish(flow)).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await finish((await start(ann)).flow)).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await finish('made up')).toBe(ErrorReason.SIGN_IN_FAILED)
})

test('an account has a limited number of passkeys, also of flows that were started before', async () => {
  const { passkeys, ann, start, add, caller } = await people()
  const { flow, challenge } = await start(ann)
  for (let i = 0; i < 10; i++) await add(ann, `id${i}`, 'key')
  expect(await passkeys.start(ann, NOW.getTime()).catch(reasonOf)).toBe(ErrorReason.TOO_MANY)
  expect(await passkeys.add(flow, `${challenge} more key`, '', caller(ann)).catch(reasonOf)).toBe(ErrorReason.TOO_MANY)
})

test('without the address of the installation there are none', async () => {
  const { none, ann } = await people()
  expect(none.available).toBe(false)
  expect(await none.start(ann, NOW.getTime()).catch(reasonOf)).toBe(ErrorReason.SIGN_IN_FAILED)
})

test('what the library complains of goes to the log, not to the caller', async () => {
  const { passkeys, ann, start, caller, failures } = await people()
  const { flow } = await start(ann)
  expect(await passkeys.add(flow, 'wrong id key', '', caller(ann)).catch(reasonOf)).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(failures).toEqual([new Error('another challenge')])
})
