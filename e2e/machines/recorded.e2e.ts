import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Installation } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, worldOf } from '../support/world.js'

/**
 * An installation written by an older version opens in this one, and everybody sees the same as before. `recorded/README.md` explains how the
 * recording was made; it holds the log, the keys and the views, and every answer that the people of the demo received at that time.
 */
interface Made {
  readonly groupId: string
  readonly directId: string
  readonly bot: { readonly id: string; readonly token: string }
  readonly inviteCode: string
  readonly webhook: { readonly id: string; readonly secret: string }
}

let recorded = ''
let beseda: Installation
let made: Made
let expected: Record<string, unknown>
beforeAll(async () => {
  recorded = await mkdtemp(join(tmpdir(), 'beseda-recorded-'))
  execFileSync('tar', ['-xzf', new URL('../recorded/0.1.0.tgz', import.meta.url).pathname, '-C', recorded])
  const read = async <T>(name: string) => JSON.parse(await readFile(join(recorded, name), 'utf8')) as T
  ;[made, expected] = await Promise.all([read<Made>('made.json'), read<typeof expected>('expected.json')])
  beseda = await Installation.start({}, { recorded: join(recorded, 'data') })
})
afterAll(async () => {
  await beseda?.stop()
  await rm(recorded, { recursive: true, force: true })
})

interface Member {
  readonly userId: string
  readonly role: string
  readonly joinedAt: string
}
const isMember = (item: unknown): item is Member =>
  typeof item === 'object' && item !== null && 'userId' in item && 'role' in item && 'joinedAt' in item

/**
 * Members who joined in one commit, sorted by id: 0.1.0 listed them in that order, later versions list them in the
 * order of the commit.
 */
function tiesById(answer: unknown): unknown {
  if (Array.isArray(answer)) {
    const tied = ({ role, joinedAt }: Member) => `${role} ${joinedAt}`
    if (!answer.every(isMember)) return answer.map(tiesById)
    const ties = new Map(answer.map((member) => [tied(member), answer.filter((other) => tied(other) === tied(member))]))
    return [...ties.values()].flatMap((members) => members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)))
  }
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, tiesById(value)]))
}

/** Grace has blocked somebody, who counts in no counter since ADR 59. */
function withoutUnread(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(withoutUnread)
  if (typeof answer !== 'object' || answer === null) return answer
  const kept = Object.entries(answer).filter(([key]) => key !== 'unread')
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutUnread(value)]))
}

const PEOPLE = ['anna', 'boris', 'clara', 'dmitry', 'emma', 'fedor', 'grace', 'henry']
const tokens = new Map<string, string>()

async function signIn(username: string): Promise<string> {
  const device = { id: crypto.randomUUID(), name: 'recorded' }
  const body = { username, password: 'beseda-demo', device }
  const { tokens: fresh } = await ask<{ tokens: { accessToken: string } }>(beseda.url, 'identity.Identity/SignIn', body)
  tokens.set(username, fresh.accessToken)
  return fresh.accessToken
}

test.each(PEOPLE)('%s signs in with the old password and sees the same as before', async (username) => {
  const seen = await worldOf(beseda.url, await signIn(username))
  const before = username === 'grace' ? withoutUnread(expected[username]) : expected[username]
  expect(tiesById(seen)).toMatchObject(tiesById(before) as object)
})

test('two people continue in the same direct chat, whichever of them opens it', async () => {
  const [emma, grace] = [await signIn('emma'), await signIn('grace')]
  const { userId: graceId } = await idOf(grace)
  const { userId: emmaId } = await idOf(emma)
  for (const [token, other] of [
    [emma, graceId],
    [grace, emmaId],
  ] as const) {
    const body = { commandId: crypto.randomUUID(), kind: 'GROUP_KIND_DIRECT', memberIds: [other] }
    const { group } = await ask<{ group: { id: string } }>(beseda.url, 'group.Group/CreateGroup', body, token)
    expect(group.id).toBe(made.directId)
  }
})

test('the old token of a bot, the old link of an invite and the old webhook still work', async () => {
  const { groupId, bot, inviteCode, webhook } = made
  const post = { groupId, messageId: crypto.randomUUID(), text: 'still here' }
  await ask(beseda.url, 'group.Group/PostMessage', post, bot.token)
  const fedor = await signIn('fedor')
  const join = { code: inviteCode, commandId: crypto.randomUUID(), note: '' }
  expect(await ask(beseda.url, 'membership.Membership/AcceptInvite', join, fedor)).toMatchObject({ groupId })
  const hook = await fetch(`${beseda.url}/hooks/${webhook.secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'from the old webhook' }),
  })
  expect(hook.status).toBe(200)
  const listed = await ask<{ messages: { text: string }[] }>(beseda.url, 'group.Group/ListMessages', { groupId }, fedor)
  expect(listed.messages.map(({ text }) => text)).toEqual(
    expect.arrayContaining(['still here', 'from the old webhook']),
  )
})

async function idOf(token: string): Promise<{ userId: string }> {
  const { me } = await ask<{ me: { user: { id: string } } }>(beseda.url, 'identity.Identity/GetMe', {}, token)
  return { userId: me.user.id }
}
