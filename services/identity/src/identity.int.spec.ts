import { generateKeyPairSync, sign } from 'node:crypto'
import { deviceKeyStatement } from '@beseda/client-protocol/device-keys'
import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { TokenVerifier } from '@beseda/platform'
import { IDENTITY_STREAM, sessionEndedSubject } from '@beseda/proto'
import { Scope } from '@beseda/proto/common/v1/policy'
import { IdentityService, SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { comingBack, reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { identityService } from './identity.module.js'

let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService)
})
afterAll(() => system.stop())

const anonymous = () => system.client(IdentityService)
const device = { id: newId(), name: 'Test' }
let count = 0
const registration = (displayName = 'Анна Ким') => ({
  commandId: newId(),
  username: `person-${++count}.x`,
  displayName,
  password: 'correct horse',
  locale: 'ru',
  device,
})
async function register(displayName?: string) {
  const request = registration(displayName)
  const { me, tokens } = await anonymous().register(request)
  const verifier = new TokenVerifier(async () => (await anonymous().getSigningKeys({})).jwks)
  const claims = await verifier.verify(tokens!.accessToken, 'beseda')
  const caller = { userId: me!.user!.id, sessionId: String(claims.sid) }
  return { request, caller, tokens: tokens!, claims, client: system.client(IdentityService, caller) }
}

describe('registering', () => {
  test('opens a session; its token names the person, the device and the session', async () => {
    const { request, caller, claims, client } = await register()
    expect(claims).toMatchObject({ sub: caller.userId, did: device.id })
    const { me } = await client.getMe({})
    expect(me).toMatchObject({ locale: 'ru', user: { username: request.username, displayName: 'Анна Ким' } })
  })

  test('a retry after a lost answer gets the same account', async () => {
    const { request, caller } = await register()
    const again = await anonymous().register(request)
    expect(again.me?.user?.id).toBe(caller.userId)
    expect(await reasonOf(anonymous().register({ ...request, username: 'another' }))).toBe('COMMAND_ID_REUSED')
  })

  test('of twenty registrations of one name at once, one succeeds', async () => {
    const requests = Array.from({ length: 20 }, () => ({ ...registration(), username: 'wanted' }))
    const results = await Promise.all(
      requests.map((request) => reasonOf(comingBack(() => anonymous().register(request)))),
    )
    expect(results.filter((result) => result === 'accepted')).toHaveLength(1)
    expect(results.filter((result) => result === 'USERNAME_TAKEN')).toHaveLength(19)
  })

  test.each([
    ['username', { username: 'No Spaces' }],
    ['password', { password: 'short' }],
    ['display_name', { displayName: '' }],
  ])('an invalid %s is refused with the name of the field', async (field, change) => {
    const call = anonymous().register({ ...registration(), ...change })
    expect(await reasonOf(call)).toBe('INVALID_REQUEST')
    await expect(call).rejects.toMatchObject({ details: [{ value: { violations: [{ field }] } }] })
  })

  test('another replica knows the person immediately', async () => {
    const other = await system.run(identityService)
    try {
      const { caller } = await register()
      for (let i = 0; i < 10; i++) {
        const { users } = await anonymous().getUsers({ userIds: [caller.userId, newId()] })
        expect(users.map(({ id }) => id)).toEqual([caller.userId])
      }
    } finally {
      await other.stop()
    }
  })
})

describe('sessions', () => {
  test('sign in by name in any case; a wrong password and an unknown name are not told apart', async () => {
    const { request } = await register()
    const { username, password } = request
    await anonymous().signIn({ username: username.toUpperCase(), password, device })
    await anonymous().signIn({ username: ` @${username}\u200b`, password, device })
    expect(await reasonOf(anonymous().signIn({ username, password: 'wrong password', device }))).toBe('BAD_CREDENTIALS')
    expect(await reasonOf(anonymous().signIn({ username: 'nobody.here', password, device }))).toBe('BAD_CREDENTIALS')
  })

  test('a refresh token rotates; a lost answer is repeated; an older token ends the session', async () => {
    const { tokens, caller } = await register()
    const ended = system.edge.subscribe(sessionEndedSubject(caller.userId), { max: 1 })
    await system.edge.flush()
    const second = await anonymous().refreshToken({ refreshToken: tokens.refreshToken })
    const repeated = await anonymous().refreshToken({ refreshToken: tokens.refreshToken })
    expect(repeated.tokens?.refreshToken).toBe(second.tokens?.refreshToken)
    await anonymous().refreshToken({ refreshToken: second.tokens!.refreshToken })
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: tokens.refreshToken }))).toBe('SESSION_REVOKED')
    for await (const message of ended) {
      expect(fromBinary(SessionsEndedSchema, message.data).sessionIds).toEqual([caller.sessionId])
    }
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: second.tokens!.refreshToken }))).toBe(
      'SESSION_REVOKED',
    )
  })

  test('a forged refresh token is refused', async () => {
    const { tokens, caller } = await register()
    const forged = tokens.refreshToken.replace(caller.userId, newId())
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: forged }))).toBe('UNAUTHENTICATED')
  })

  test('are listed, and ended one by one or by signing out', async () => {
    const { request, client, tokens } = await register()
    await anonymous().signIn({ username: request.username, password: request.password, device })
    const { sessions } = await client.listSessions({})
    expect(sessions.map(({ current }) => current).sort()).toEqual([false, true])
    const other = sessions.find(({ current }) => !current)!
    await client.revokeSession({ sessionId: other.id })
    expect(await reasonOf(client.revokeSession({ sessionId: other.id }))).toBe('SESSION_NOT_FOUND')
    await client.signOut({})
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: tokens.refreshToken }))).toBe('SESSION_REVOKED')
  })

  test('gateways list those that have ended, from the beginning and from where they were', async () => {
    const gateway = anonymous()
    const page = async (from: bigint) => {
      const { ended, cursor, hasMore } = await gateway.listEndedSessions({ cursor: from })
      expect(hasMore).toBe(false)
      return { ids: ended.map(({ sessionId }) => sessionId), cursor }
    }
    const [one, two] = [await register(), await register()]
    await one.client.signOut({})
    const first = await page(0n)
    expect(first.ids).toContain(one.caller.sessionId)
    expect(first.ids).not.toContain(two.caller.sessionId)
    await reasonOf(gateway.signIn({ username: two.request.username, password: 'wrong', device }))
    await two.client.signOut({})
    await vi.waitFor(async () => expect((await page(first.cursor)).ids).toEqual([two.caller.sessionId]))
    const { cursor } = await page(first.cursor)
    expect(await page(cursor)).toEqual({ ids: [], cursor })
    // A cursor beyond the end, as of a bucket that was replaced, is taken for the beginning.
    expect(await page(cursor + 1_000n)).toMatchObject({ cursor, ids: expect.arrayContaining([two.caller.sessionId]) })
  })

  test('a changed password signs the other devices out', async () => {
    const { request, client, tokens } = await register()
    const { username, password } = request
    const other = await anonymous().signIn({ username, password, device })
    expect(
      await reasonOf(client.changePassword({ currentPassword: 'not it at all', newPassword: 'new password' })),
    ).toBe('WRONG_PASSWORD')
    await client.changePassword({ currentPassword: password, newPassword: 'new password' })
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: other.tokens!.refreshToken }))).toBe(
      'SESSION_REVOKED',
    )
    await anonymous().refreshToken({ refreshToken: tokens.refreshToken })
    expect(await reasonOf(anonymous().signIn({ username, password, device }))).toBe('BAD_CREDENTIALS')
  })

  test('GetMe needs a user', async () => {
    expect(await reasonOf(anonymous().getMe({}))).toBe('UNAUTHENTICATED')
  })
})

describe('the directory', () => {
  const find = async (query: string) =>
    (await system.client(IdentityService, { userId: newId() }).searchUsers({ query })).users.map(
      ({ displayName }) => displayName,
    )

  test('finds names by the beginning of any word, then by similarity, in Latin and Cyrillic', async () => {
    await register('Василиса Премудрая')
    await register('Zbigniew Brzęczyszczykiewicz')
    expect(await find('прем')).toContain('Василиса Премудрая')
    expect(await find('васелиса')).toContain('Василиса Премудрая')
    expect(await find('brzeczyszcz')).toContain('Zbigniew Brzęczyszczykiewicz')
    const { request } = await register('Someone Else')
    expect(await find(`@${request.username.slice(0, -3)}`)).toContain('Someone Else')
    expect(await find('@прем')).toContain('Василиса Премудрая')
    expect(await find('@')).toEqual([])
    expect(await find('qqqqqq')).toEqual([])
  })

  test('a changed name is found only by the new one', async () => {
    const { client } = await register('Oldname Unusual')
    await client.updateProfile({ commandId: newId(), displayName: 'Svezhiy Unikum' })
    expect(await find('svezhiy')).toEqual(['Svezhiy Unikum'])
    expect(await find('oldname')).toEqual([])
  })
})

describe('wrong passwords', () => {
  test('slow down sign-in to the account from every address, until a right one', async () => {
    const { request } = await register()
    const signIn = (password: string) => anonymous().signIn({ username: request.username, password, device })
    await signIn(request.password)
    for (let i = 0; i < 5; i++) expect(await reasonOf(signIn('wrong'))).toBe('BAD_CREDENTIALS')
    expect(await reasonOf(signIn(request.password))).toBe('RATE_LIMITED')
    await vi.waitFor(() => signIn(request.password), { interval: 250 })
    expect(await reasonOf(signIn('wrong'))).toBe('BAD_CREDENTIALS')
    await signIn(request.password)
  })

  test('do not tell which names exist: an unknown name is refused after as many attempts', async () => {
    const signIn = (username: string) => reasonOf(anonymous().signIn({ username, password: 'wrong', device }))
    const username = `nobody-${newId().slice(-8)}`
    for (let i = 0; i < 5; i++) expect(await signIn(username)).toBe('BAD_CREDENTIALS')
    expect(await signIn(username.toUpperCase())).toBe('RATE_LIMITED')
    expect(await signIn(`${username}.else`)).toBe('BAD_CREDENTIALS')
  })

  test('of many guesses at once only the first few are verified', async () => {
    const { request } = await register()
    const guess = () => anonymous().signIn({ username: request.username, password: 'guess', device })
    const reasons = await Promise.all(Array.from({ length: 40 }, () => reasonOf(guess())))
    expect(reasons.filter((reason) => reason === 'BAD_CREDENTIALS').length).toBeLessThanOrEqual(5)
    expect(new Set(reasons)).toEqual(new Set(['BAD_CREDENTIALS', 'RATE_LIMITED']))
  })
})

describe('deleting an account', () => {
  test('ends sessions and bots, frees the name, and erases name and password from the log', async () => {
    const { request, caller, client, tokens } = await register('Someone Unforgettable')
    const creation = {
      commandId: newId(),
      username: `bot-${newId().slice(-8)}`,
      displayName: 'Bot',
      scopes: [Scope.READ],
    }
    const { token } = await client.createBot(creation)
    expect(await anonymous().authenticateBot({ token })).toMatchObject({ scopes: [Scope.READ] })
    expect(await reasonOf(client.deleteAccount({ commandId: newId(), password: 'wrong' }))).toBe('WRONG_PASSWORD')
    const notice = system.edge.subscribe(sessionEndedSubject(caller.userId), { max: 1 })[Symbol.asyncIterator]()
    await client.deleteAccount({ commandId: newId(), password: request.password })
    await notice.next()
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: tokens.refreshToken }))).toBe('SESSION_REVOKED')
    expect(await reasonOf(anonymous().signIn({ username: request.username, password: request.password, device }))).toBe(
      'BAD_CREDENTIALS',
    )
    await vi.waitFor(async () => {
      const admin = await system.nats.connect('admin')
      const store = await JetStreamEventStore.open(admin)
      const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 10_000 })
      await admin.close()
      const text = log.map(({ bytes }) => Buffer.from(bytes).toString('utf8')).join()
      expect(text).not.toContain('Someone Unforgettable')
      expect(text).not.toContain(request.username)
      expect(await reasonOf(anonymous().authenticateBot({ token }))).toBe('UNAUTHENTICATED')
    })
    // The name is free for somebody else.
    await anonymous().register({ ...registration(), username: request.username })
  })
})

describe('keys of devices', () => {
  const ED25519 = 1
  function keyFor(userId: string, deviceId: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
    const proof = sign(null, deviceKeyStatement({ userId, deviceId }, ED25519, raw), privateKey)
    return { algorithm: ED25519, publicKey: raw, proof: new Uint8Array(proof) }
  }
  async function withDevice() {
    const { caller } = await register()
    const client = system.client(IdentityService, { ...caller, deviceId: device.id })
    const keys = async () =>
      (await client.listDeviceKeys({ userIds: [caller.userId] })).keys.map(
        ({ userId, deviceId, algorithm, publicKey }) => [
          userId,
          deviceId,
          algorithm,
          Buffer.from(publicKey).toString('hex'),
        ],
      )
    return { caller, client, keys }
  }

  test('a key is listed with its person and device, and goes with the last session of the device', async () => {
    const { caller, client, keys } = await withDevice()
    const { publicKey, ...rest } = keyFor(caller.userId, device.id)
    await client.setDeviceKey({ publicKey, ...rest })
    expect(await keys()).toEqual([[caller.userId, device.id, ED25519, Buffer.from(publicKey).toString('hex')]])
    await client.signOut({})
    await vi.waitFor(async () => expect(await keys()).toEqual([]))
  })

  test('the device is that of the session: a proof for another device or person is refused', async () => {
    const { caller, client, keys } = await withDevice()
    expect(await reasonOf(client.setDeviceKey(keyFor(caller.userId, newId())))).toBe('BAD_DEVICE_KEY')
    expect(await reasonOf(client.setDeviceKey(keyFor(newId(), device.id)))).toBe('BAD_DEVICE_KEY')
    const short = { ...keyFor(caller.userId, device.id), publicKey: new Uint8Array(31) }
    expect(await reasonOf(client.setDeviceKey(short))).toBe('BAD_DEVICE_KEY')
    const unknown = { ...keyFor(caller.userId, device.id), algorithm: 7 }
    expect(await reasonOf(client.setDeviceKey(unknown))).toBe('INVALID_REQUEST')
    expect(await keys()).toEqual([])
  })
})
