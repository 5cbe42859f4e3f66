import { createHash } from 'node:crypto'
import { newId } from '@beseda/kernel'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { GroupKind, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { MembershipService, NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { Status } from '@beseda/proto/presence/v1/presence_service'
import { apiClient, Device, Installation, PATIENCE_MS, Person, reasonOf } from '@beseda/testkit'
import { headers } from '@nats-io/nats-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The built gateway, two of them, with everything behind them, as `npm start` runs it. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const person = (name?: string) => Person.register(beseda.url, name)
async function group(owner: Person, others: Person[] = []) {
  const memberIds = others.map(({ userId }) => userId)
  const { group } = await owner.groups.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'G', memberIds })
  return group!.id
}
const hashOf = (code: string) => createHash('sha256').update(code).digest()
const say = (author: Person, groupId: string, text: string, messageId = newId()) =>
  author.groups.postMessage({ messageId, groupId, text })

describe('the HTTP API', () => {
  const call = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${beseda.url}/api/${path}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    })

  test('answers errors as Connect does: status, code, and a typed detail', async () => {
    const answer = await call('beseda.identity.v1.IdentityService/SignIn', '{}')
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      code: 'invalid_argument',
      details: [{ type: 'beseda.common.v1.ErrorInfo' }],
    })
  })

  test.each([
    ['an unknown method', 'beseda.identity.v1.IdentityService/Nothing', '{}', {}, 501],
    ['an internal method', 'beseda.membership.v1.MembershipService/ListGroupIds', '{}', {}, 501],
    ['a public method without a token', 'beseda.identity.v1.IdentityService/GetMe', '{}', {}, 401],
    ['a token that is none', 'beseda.identity.v1.IdentityService/GetMe', '{}', { Authorization: 'Bearer x' }, 401],
    ['another content type', 'beseda.identity.v1.IdentityService/GetMe', '{}', { 'Content-Type': 'text/plain' }, 415],
    ['broken JSON', 'beseda.identity.v1.IdentityService/SignIn', '{', {}, 400],
    ['a body of 70 KB', 'beseda.identity.v1.IdentityService/SignIn', 'x'.repeat(70_000), {}, 429],
  ])('refuses %s', async (_, path, body, headers, status) => {
    expect((await call(path, body, headers)).status).toBe(status)
  })

  test('a burst of one person is throttled, with the time to wait, and nobody else is', async () => {
    const [ann, bob] = [await person(), await person()]
    const searches = Array.from({ length: 40 }, () => reasonOf(ann.identity.searchUsers({ query: 'x' })))
    const results = await Promise.all(searches)
    expect(results).toContain('RATE_LIMITED')
    expect(results.filter((result) => result === 'accepted').length).toBeGreaterThanOrEqual(30)
    expect(await reasonOf(bob.identity.searchUsers({ query: 'x' }))).toBe('accepted')
  })
})

describe('a socket', () => {
  test('is refused without the subprotocol', async () => {
    await expect(Device.open(beseda.url, 'other')).rejects.toThrow()
  })

  test.each<[string, (device: Device) => void, CloseCode]>([
    ['a frame that is none', (device) => device.sendBytes(new Uint8Array([255, 255, 255])), CloseCode.PROTOCOL_ERROR],
    ['text', (device) => device.sendBytes('hello'), CloseCode.PROTOCOL_ERROR],
    ['a request before Hello', (device) => device.send({ case: 'request', value: {} }), CloseCode.PROTOCOL_ERROR],
    ['a Hello without a token', (device) => device.send({ case: 'hello', value: {} }), CloseCode.UNAUTHENTICATED],
  ])('%s closes it', async (_, say, code) => {
    const device = await Device.open(beseda.url)
    say(device)
    expect((await device.closed).code).toBe(code)
  })

  test('answers a Ping before Hello and requests after it', async () => {
    const ann = await person()
    const device = await Device.open(beseda.url)
    device.send({ case: 'ping', value: {} })
    await device.next('pong')
    device.send({ case: 'hello', value: { accessToken: ann.tokens.accessToken } })
    expect((await device.next('ready')).value.userId).toBe(ann.userId)
    const { groups } = await device.request(MembershipService.method.listMyGroups, {})
    expect(groups).toEqual([])
    const refused = device.request(GroupService.method.getGroup, { groupId: newId() })
    expect(await reasonOf(refused)).toBe('NOT_A_MEMBER')
    device.close()
  })

  test('is replaced by a newer one of the same device', async () => {
    const ann = await person()
    const first = await ann.connect()
    await ann.connect()
    expect((await first.closed).code).toBe(CloseCode.REPLACED)
  })

  test('closes when its session is signed out, on any gateway', async () => {
    const ann = await person()
    const device = await ann.connect(beseda.url2)
    await ann.identity.signOut({})
    expect((await device.closed).code).toBe(CloseCode.SESSION_ENDED)
    expect(await reasonOf(ann.identity.getMe({}))).toBe('SESSION_REVOKED')
  })

  test('closes when its session has ended and the notice on the bus was lost', async () => {
    const ann = await person()
    const device = await ann.connect()
    const bus = await beseda.connectToBus()
    const [payload = ''] = ann.tokens.accessToken.split('.').slice(1)
    const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const deletion = headers()
    deletion.set('KV-Operation', 'DEL')
    await bus.request(`$KV.${SESSIONS_BUCKET}.${ann.userId}.${sid}`, '', { headers: deletion, timeout: PATIENCE_MS })
    await bus.close()
    // As every client does: a silent socket is taken for dead.
    const pings = setInterval(() => device.send({ case: 'ping', value: {} }), 15_000)
    const { code } = await device.closed
    clearInterval(pings)
    expect(code).toBe(CloseCode.SESSION_ENDED)
  })
})

describe('fan-out', () => {
  test('a message reaches members on both gateways, and nobody else', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const groupId = await group(ann, [bob])
    const [one, two, other] = [await ann.connect(), await bob.connect(beseda.url2), await eve.connect()]
    await say(ann, groupId, 'hello')
    expect(await two.sees(groupId, 1)).toEqual(['hello'])
    expect(await one.sees(groupId, 1)).toEqual(['hello'])
    other.send({ case: 'ping', value: {} })
    await other.next('pong')
    expect(other.frames.map((frame) => frame.case)).not.toContain('commit')
  })

  test('a member who is added gets the group at once; one who is removed gets nothing from then on', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    const device = await bob.connect(beseda.url2)
    for (let round = 0; round < 5; round++) {
      await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [bob.userId] })
      await device.next(
        'groupJoined',
        () => device.frames.filter(({ case: kind }) => kind === 'groupJoined').length > round,
      )
      await say(ann, groupId, `for both ${round}`)
      await device.sees(groupId, round + 1)
      await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.userId })
      await say(ann, groupId, 'in private')
    }
    await device.next('groupLeft', () => device.frames.filter(({ case: kind }) => kind === 'groupLeft').length === 5)
    expect(device.texts.get(groupId)).toEqual([0, 1, 2, 3, 4].map((round) => `for both ${round}`))
    expect(device.complaints).toEqual([])
  })

  test('what is written to the admins is in no commit for members, neither live nor in a replay', async () => {
    const [ann, bob, eve, foe] = [await person(), await person(), await person(), await person()]
    const groupId = await group(ann, [bob, foe])
    const heard = (device: Device) =>
      device.frames.flatMap((frame) =>
        frame.case === 'commit' && frame.value.groupId === groupId ? [Buffer.from(frame.value.commit)] : [],
      )
    const live = await bob.connect()
    const start = { ...live.cursors.get(groupId)! }
    const { code } = await ann.membership.createInvite({ commandId: newId(), groupId, needsApproval: true })
    await eve.membership.acceptInvite({ commandId: newId(), code, note: 'note-for-admins' })
    const ban = { commandId: newId(), groupId, userId: foe.userId, reason: 'reason-for-admins' }
    await ann.membership.banMember(ban)
    await say(ann, groupId, 'that is all')
    await live.sees(groupId, 1)

    const before = await Device.open(beseda.url)
    before.cursors.set(groupId, start)
    const resumed = await Device.connect(beseda.url2, bob.tokens.accessToken, before)
    await resumed.sees(groupId, 1)
    for (const device of [live, resumed]) {
      const commits = heard(device)
      expect(commits.some((commit) => commit.includes(foe.userId))).toBe(true)
      expect(commits.some((commit) => commit.includes(eve.userId))).toBe(true)
      const secrets = [Buffer.from('note-for-admins'), Buffer.from('reason-for-admins'), hashOf(code)]
      expect(secrets.filter((secret) => commits.some((commit) => commit.includes(secret)))).toEqual([])
      expect(device.complaints).toEqual([])
    }
    const [{ requests }, { bans }] = await Promise.all([
      ann.membership.listJoinRequests({ groupId }),
      ann.membership.listBans({ groupId }),
    ])
    expect([requests[0]?.note, bans[0]?.reason]).toEqual(['note-for-admins', 'reason-for-admins'])
    before.close()
  })

  test('a member who joined later gets no hidden history, whatever cursor they send', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    const settings = { newcomerHistory: NewcomerHistory.FROM_JOINING }
    await ann.groups.updateGroup({ commandId: newId(), groupId, settings })
    await say(ann, groupId, 'before')
    const { seq } = await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [bob.userId] })
    await say(ann, groupId, 'after')
    const first = await bob.connect()
    const present = first.cursors.get(groupId)!
    for (const [messagesSeq, wanted] of [[0n, 'snapshotRequired'] as const, [seq, 'commit'] as const]) {
      const before = await Device.open(beseda.url)
      before.cursors.set(groupId, { ...present, messagesSeq })
      const forged = await Device.connect(beseda.url2, bob.tokens.accessToken, before)
      expect((await forged.next(wanted)).case).toBe(wanted)
      expect(forged.texts.get(groupId) ?? []).toEqual(wanted === 'commit' ? ['after'] : [])
      before.close()
      forged.close()
    }
  })

  test('a deleted group is gone for everybody connected', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const device = await bob.connect()
    await ann.groups.deleteGroup({ commandId: newId(), groupId })
    expect((await device.next('groupLeft')).value.groupId).toBe(groupId)
  })

  test('typing is seen by the others', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const [one, two] = [await ann.connect(), await bob.connect(beseda.url2)]
    one.send({ case: 'typing', value: { groupId } })
    expect((await two.next('typing')).value).toMatchObject({ groupId, userId: ann.userId })
    expect(one.frames.map((frame) => frame.case)).not.toContain('typing')
  })

  test('a watched person: the present state, then every change', async () => {
    const [ann, bob] = [await person(), await person()]
    const watcher = await ann.connect()
    watcher.send({ case: 'watchPresence', value: { userIds: [bob.userId] } })
    const shows = (status: Status) => watcher.next('presence', (value) => value.status === status)
    await shows(Status.OFFLINE)
    const device = await bob.connect(beseda.url2)
    await shows(Status.ONLINE)
    device.send({ case: 'setIdle', value: { idle: true } })
    await shows(Status.IDLE)
    await bob.presence.setStatus({ status: Status.DO_NOT_DISTURB })
    await shows(Status.DO_NOT_DISTURB)
    // Bob's own devices learn of it, too; nobody else does.
    const stranger = await (await person()).connect()
    await bob.identity.updateProfile({ commandId: newId(), displayName: 'Bobby', statusText: 'away' })
    for (const socket of [watcher, device]) {
      const { value } = await socket.next('profileChanged')
      expect(value.user).toMatchObject({ id: bob.userId, displayName: 'Bobby', statusText: 'away' })
    }
    expect(stranger.frames.map((frame) => frame.case)).not.toContain('profileChanged')
  })

  test('whoever is banned is told that there is news, and asks what it is; for others there is none', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const groupId = await group(ann, [bob, eve])
    const [banned, other] = [await bob.connect(beseda.url2), await eve.connect()]
    await ann.membership.banMember({ commandId: newId(), groupId, userId: bob.userId, reason: 'spam' })
    const told = await banned.next('userEvent', ({ event }) => event.case === 'noticeChanged')
    const { seq } = (await banned.next('groupLeft')).value
    expect(told.value.event.value).toMatchObject({ groupId, seq })
    const reflected = { minSeqGroupId: groupId, minSeq: seq }
    const { notices } = await bob.membership.listMyNotices(reflected)
    const ban = { kind: NoticeKind.BANNED, groupId, groupName: 'G', byUserId: ann.userId, reason: 'spam', seq }
    expect(notices).toMatchObject([ban])
    expect((await eve.membership.listMyNotices(reflected)).notices).toEqual([])
    expect(other.frames.some((frame) => frame.case === 'userEvent' && frame.value.event.case === 'noticeChanged')).toBe(
      false,
    )
  })
})

test('a socket that comes while the last one of the room leaves gets a room', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const groupId = await group(ann, [bob, eve])
  for (let round = 0; round < 20; round++) {
    const leaving = await bob.connect()
    const coming = eve.connect()
    leaving.close()
    const device = await coming
    await say(ann, groupId, `round ${round}`)
    expect(await device.sees(groupId, 1)).toEqual([`round ${round}`])
    device.close()
    await device.closed
  }
})

describe('resume', () => {
  test('on another gateway delivers what was missed once and in order', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const first = await bob.connect()
    await say(ann, groupId, 'one')
    await first.sees(groupId, 1)
    first.close()
    await first.closed
    await say(ann, groupId, 'two')
    await ann.groups.updateGroup({ commandId: newId(), groupId, name: 'Renamed' })
    await say(ann, groupId, 'three')
    const second = await Device.connect(beseda.url2, bob.tokens.accessToken, first)
    await say(ann, groupId, 'four')
    expect(await second.sees(groupId, 4)).toEqual(['one', 'two', 'three', 'four'])
    expect(second.complaints).toEqual([])
    expect(second.frames.map((frame) => frame.case)).not.toContain('snapshotRequired')
  })

  test('again and again under load loses nothing and doubles nothing', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const authors = [ann, ...(await Promise.all(Array.from({ length: 4 }, () => person())))]
    const userIds = authors.slice(1).map(({ userId }) => userId)
    await ann.membership.addMembers({ commandId: newId(), groupId, userIds })
    const count = 150
    let device = await bob.connect()
    const posting = Promise.all(
      authors.map(async (author, a) => {
        for (let i = 0; i < count / authors.length; i++) await say(author, groupId, `m${a}.${i}`)
      }),
    )
    for (let hop = 0; hop < 12; hop++) {
      device.close()
      await device.closed
      device = await Device.connect(hop % 2 === 0 ? beseda.url2 : beseda.url, bob.tokens.accessToken, device)
    }
    await posting
    const seen = await device.sees(groupId, count)
    expect(seen).toHaveLength(count)
    expect(new Set(seen).size).toBe(count)
    const { messages } = await ann.groups.listMessages({ groupId, limit: 200 })
    expect(seen).toEqual(messages.map(({ text }) => text))
    expect(device.complaints).toEqual([])
  })

  test('with a cursor of another epoch asks for a snapshot', async () => {
    const ann = await person()
    const groupId = await group(ann)
    const device = await ann.connect()
    device.cursors.get(groupId)!.epoch = 'another'
    const again = await Device.connect(beseda.url2, ann.tokens.accessToken, device)
    expect((await again.next('snapshotRequired')).value.head?.groupId).toBe(groupId)
  })

  test('lists no group that the person was removed from meanwhile', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const device = await bob.connect()
    device.close()
    await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.userId })
    const again = await Device.connect(beseda.url2, bob.tokens.accessToken, device)
    expect((await again.next('ready')).value.heads).toEqual([])
  })
})

test('a client that was cut off by kill -9 of its gateway resumes on the other', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  const device = await bob.connect()
  await say(ann, groupId, 'before')
  await device.sees(groupId, 1)
  const back = beseda.kill('gateway')
  await device.closed
  await apiClient(GroupService, beseda.url2, ann.tokens.accessToken).postMessage({
    messageId: newId(),
    groupId,
    text: 'meanwhile',
  })
  const again = await Device.connect(beseda.url2, bob.tokens.accessToken, device)
  expect(await again.sees(groupId, 2)).toEqual(['before', 'meanwhile'])
  await back
})

test('the access token of a session that has ended stays refused by a gateway that has just started', async () => {
  const ann = await person()
  await ann.identity.signOut({})
  expect(await reasonOf(ann.identity.getMe({}))).toBe('SESSION_REVOKED')
  await beseda.kill('gateway')
  expect(await reasonOf(ann.identity.getMe({}))).toBe('SESSION_REVOKED')
  const device = await Device.open(beseda.url)
  device.send({ case: 'hello', value: { accessToken: ann.tokens.accessToken } })
  expect((await device.closed).code).toBe(CloseCode.SESSION_ENDED)
})
