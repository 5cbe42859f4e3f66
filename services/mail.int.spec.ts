import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import type { RunningService } from '@beseda/platform'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { AuthenticatorApp, filesWith, reasonOf, TestMailbox, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { identityService } from './identity/src/identity.module.js'
import { mailService } from './mail/src/mail.module.js'
import { membershipService } from './membership/src/membership.module.js'

/** Identity and the mail service with the permissions of production, and a real SMTP server. */
const SITE = 'https://chat.example.org'
let system: TestSystem
let box: TestMailbox
let identity: RunningService
beforeAll(async () => {
  box = await TestMailbox.start()
  system = await TestSystem.start(membershipService)
  identity = await system.run(identityService, { env: { MAIL: 'true', PUBLIC_URL: SITE } })
  await system.run(mailService, { env: { SMTP_URL: box.url, MAIL_FROM: 'Chat <chat@example.org>', PUBLIC_URL: SITE } })
})
afterAll(async () => {
  await system?.stop()
  await box?.stop()
})

let names = 0
async function person(locale = 'en') {
  const username = `person-${++names}`
  const registration = {
    commandId: newId(),
    username,
    displayName: `Person ${names}`,
    password: 'correct horse',
    locale,
  }
  const device = { id: newId(), name: 'Test' }
  const { me, tokens } = await system.client(IdentityService).register({ ...registration, device })
  const { sessions } = await system.client(IdentityService, { userId: me!.user!.id }).listSessions({})
  const caller = { userId: me!.user!.id, sessionId: sessions[0]!.id }
  return {
    userId: caller.userId,
    username,
    tokens: tokens!,
    client: system.client(IdentityService, caller),
    mail: system.client(MailService, caller),
    factors: system.client(SecondFactorService, caller),
  }
}
const anybody = () => system.client(IdentityService)
const post = () => system.client(MailService)

/** The code in the newest letter to an address. */
async function codeFor(address: string, page: string, count = 1): Promise<string> {
  const link = new RegExp(`${SITE}/${page}#([\\w-]{22})\\b`)
  return vi.waitFor(() => {
    const letters = box.mails.filter(({ to }) => to.includes(address)).map(({ parsed }) => link.exec(parsed.text ?? ''))
    const codes = letters.flatMap((found) => found?.[1] ?? [])
    expect(codes.length).toBeGreaterThanOrEqual(count)
    return codes.at(-1) ?? ''
  })
}

async function withAddress(address: string, locale = 'en') {
  const somebody = await person(locale)
  await somebody.mail.setEmail({ commandId: newId(), address, password: 'correct horse' })
  await post().confirmEmail({ code: await codeFor(address, 'confirm-email') })
  return somebody
}

test('an address is confirmed by the link in a letter, once, and shown to nobody else', async () => {
  const [ann, bob] = [await person('ru'), await person()]
  await ann.mail.setEmail({ commandId: newId(), address: 'ann@b.org', password: 'correct horse' })
  expect(await ann.mail.getEmail({})).toMatchObject({ available: true, address: '', unconfirmed: 'ann@b.org' })
  const code = await codeFor('ann@b.org', 'confirm-email')
  expect(box.mails.at(-1)?.parsed.subject).toBe('Подтвердите адрес почты')
  expect(await post().confirmEmail({ code })).toMatchObject({ address: 'ann@b.org' })
  expect(await reasonOf(post().confirmEmail({ code }))).toBe('EMAIL_LINK_EXPIRED')
  expect(await ann.mail.getEmail({})).toMatchObject({ address: 'ann@b.org', unconfirmed: '' })
  const { users } = await bob.client.searchUsers({ query: ann.username })
  expect(JSON.stringify(users, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    'b.org',
  )
})

test('an address needs the password, and has to be one', async () => {
  const { mail } = await person()
  const set = (address: string, password = 'correct horse') =>
    reasonOf(mail.setEmail({ commandId: newId(), address, password }))
  expect(await set('a@b.org', 'wrong')).toBe('WRONG_PASSWORD')
  for (const address of ['a@b.org\r\nBcc: evil@x.org', 'a@b.org,c@d.org', 'all: a@b.org, c@d.org;', 'A <a@b.org>']) {
    expect(await set(address)).toBe('BAD_EMAIL')
    expect(await reasonOf(post().requestPasswordReset({ address }))).toBe('BAD_EMAIL')
  }
})

test('whoever has forgotten the password sets a new one by a link, once, and every session ends', async () => {
  const { username, tokens } = await withAddress('forgetful@b.org')
  await post().requestPasswordReset({ address: 'Forgetful@B.org' })
  const code = await codeFor('forgetful@b.org', 'reset')
  expect(await anybody().resetPassword({ code, newPassword: 'a new horse' })).toMatchObject({ username })
  expect(await reasonOf(anybody().resetPassword({ code, newPassword: 'another horse' }))).toBe('RESET_EXPIRED')
  expect(await reasonOf(anybody().refreshToken({ refreshToken: tokens.refreshToken }))).toBe('SESSION_REVOKED')
  const device = { id: newId(), name: 'Test' }
  const signIn = (password: string) => anybody().signIn({ username, password, device })
  expect(await reasonOf(signIn('correct horse'))).toBe('BAD_CREDENTIALS')
  expect((await signIn('a new horse')).me?.user?.username).toBe(username)
})

test('an address that nobody has gets the same answer, and no letter; one that is asked for again gets one letter', async () => {
  await withAddress('known@b.org')
  const before = box.mails.length
  for (const address of ['unknown@b.org', 'known@b.org', 'known@b.org', 'KNOWN@b.org']) {
    expect(await post().requestPasswordReset({ address })).toEqual(await post().requestPasswordReset({ address }))
  }
  await codeFor('known@b.org', 'reset')
  // Whatever else was queued before this has been worked off when it arrives.
  await withAddress('later@b.org')
  expect(box.mails.slice(before).map(({ to }) => to[0])).toEqual(['known@b.org', 'later@b.org'])
})

test('a letter that was queued for somebody who is gone is not sent', async () => {
  const { client } = await withAddress('gone@b.org')
  box.fault = 'refuse for now'
  await post().requestPasswordReset({ address: 'gone@b.org' })
  await vi.waitFor(() => expect(box.faults).toBeGreaterThan(0))
  await client.deleteAccount({ commandId: newId(), password: 'correct horse' })
  box.fault = undefined
  const before = box.mails.length
  await withAddress('present@b.org')
  expect(box.mails.slice(before).map(({ to }) => to[0])).toEqual(['present@b.org'])
})

test('a sign-in on a new device is told of by a letter, and one on a known device is not', async () => {
  const { username } = await withAddress('careful@b.org')
  const before = box.mails.length
  const signIn = (id: string, name: string) =>
    anybody().signIn({ username, password: 'correct horse', device: { id, name } })
  const phone = newId()
  await signIn(phone, 'Firefox on Android')
  await signIn(phone, 'Firefox on Android')
  await vi.waitFor(() => expect(box.mails.length).toBeGreaterThan(before))
  await withAddress('afterwards@b.org')
  const letters = box.mails.slice(before).filter(({ to }) => to.includes('careful@b.org'))
  expect(letters.map(({ parsed }) => parsed.subject)).toEqual(['A sign-in on a new device'])
  expect(letters[0]?.parsed.text).toContain('Firefox on Android')
})

/** With a second factor, whose codes of now are all unused but the first. */
async function careful(address: string) {
  const somebody = await withAddress(address)
  const { secret, flow } = await somebody.factors.startSecondFactor({ password: 'correct horse' })
  const app = new AuthenticatorApp(secret)
  await somebody.factors.addSecondFactor({ commandId: newId(), flow, code: app.code() })
  return { ...somebody, app }
}

test('with a second factor an address is changed and removed by a code, not by the password alone', async () => {
  const { mail, app } = await careful('two@b.org')
  const set = (address: string, code: string) =>
    reasonOf(mail.setEmail({ commandId: newId(), address, password: 'correct horse', code }))
  for (const address of ['thief@b.org', '']) {
    expect(await set(address, '')).toBe('SECOND_FACTOR_REQUIRED')
    expect(await set(address, '000000')).toBe('WRONG_CODE')
  }
  expect(await mail.getEmail({})).toMatchObject({ address: 'two@b.org', unconfirmed: '' })
  expect(await set('mine@b.org', app.code())).toBe('accepted')
  expect(await mail.getEmail({})).toMatchObject({ address: 'two@b.org', unconfirmed: 'mine@b.org' })
})

test('a new password by mail leaves the second factor, and ends what was begun with the password before', async () => {
  const { username, app } = await careful('both@b.org')
  const device = { id: newId(), name: 'Thief' }
  const signIn = (password: string) => anybody().signIn({ username, password, device })
  const code = app.code()
  const finish = (challenge: string) => reasonOf(system.client(SecondFactorService).finishSignIn({ challenge, code }))
  const { challenge } = await signIn('correct horse')
  await post().requestPasswordReset({ address: 'both@b.org' })
  await anybody().resetPassword({ code: await codeFor('both@b.org', 'reset'), newPassword: 'a new horse' })
  expect(await finish(challenge)).toBe('SIGN_IN_FAILED')
  const next = await signIn('a new horse')
  expect([next.tokens, next.me]).toEqual([undefined, undefined])
  expect(await finish(next.challenge)).toBe('accepted')
})

test('an address that a thief of the password has entered cannot be confirmed once the password is another one', async () => {
  const { client, mail } = await withAddress('owner@b.org')
  await mail.setEmail({ commandId: newId(), address: 'evil@b.org', password: 'correct horse' })
  const code = await codeFor('evil@b.org', 'confirm-email')
  await client.changePassword({ currentPassword: 'correct horse', newPassword: 'a new horse' })
  expect(await reasonOf(post().confirmEmail({ code }))).toBe('EMAIL_LINK_EXPIRED')
  expect(await mail.getEmail({})).toMatchObject({ address: 'owner@b.org', unconfirmed: '' })
})

test('a deleted account leaves neither its addresses nor its second factor on any disk', async () => {
  const { userId, client, mail, app } = await careful('unforgettable@b.org')
  await post().requestPasswordReset({ address: 'unforgettable@b.org' })
  await codeFor('unforgettable@b.org', 'reset')
  const change = { commandId: newId(), address: 'never-confirmed@b.org', password: 'correct horse' }
  await mail.setEmail({ ...change, code: app.code() })
  const secrets = await sealedOf(userId)
  expect(secrets).toHaveLength(11)
  const words = ['unforgettable', 'never-confirmed', ...secrets]
  const onDisk = async () => {
    await identity.platform.views.eraseLeftovers()
    return [...(await filesWith(system.folder, words)), ...(await filesWith(system.nats.folder, words))]
  }
  expect(new Set((await onDisk()).map((found) => found.split(' in ')[0])).size).toBe(words.length)
  await system.asOperator(IdentityService, async (operator) => {
    const { me } = await client.getMe({})
    await operator.eraseAccount({ commandId: newId(), username: me!.user!.username })
  })
  await expect.poll(onDisk).toEqual([])
})

/** The secret of the app and the hashes of the recovery codes, as the log has them. */
async function sealedOf(userId: string): Promise<readonly Buffer[]> {
  const bus = await system.nats.connect('admin')
  try {
    const store = await JetStreamEventStore.open(bus)
    const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 10_000, filter: accountSubject(userId) })
    return log
      .flatMap(({ commit }) => commit.events)
      .flatMap(({ body }) =>
        body.case === 'secondFactorAdded'
          ? [body.value.sealedSecret, ...body.value.recoveryHashes].map((bytes) => Buffer.from(bytes))
          : [],
      )
  } finally {
    await bus.close()
  }
}

test('where there is no mail, nobody is offered any', async () => {
  const without = await TestSystem.start(identityService)
  try {
    const client = without.client(IdentityService)
    expect((await client.listSignInWays({})).mail).toBe(false)
    const mail = without.client(MailService)
    expect(await reasonOf(mail.requestPasswordReset({ address: 'a@b.org' }))).toBe('NO_MAIL')
  } finally {
    await without.stop()
  }
  expect((await anybody().listSignInWays({})).mail).toBe(true)
})
