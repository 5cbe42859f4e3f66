import { commandCommit, type EventBody, MemoryEventStore } from '@beseda/event-log'
import type { Caller } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { blockSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { MemberLeftSchema, RoleChangedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { groupWorld, logWriter } from '../../../../testing/group-world.js'
import { LaggingLog } from '../../../../testing/lagging.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { GroupDirectory } from '../../moderation/application/group-directory.js'
import { SqliteGroupStore } from '../adapters/views/group-store.js'
import { type Founding, GroupCommands } from './group-commands.js'
import { WebhookCommands } from './webhook-commands.js'

const secret = InstallationSecret.of(Buffer.alloc(32, 1))
const caller = (userId: string, commandId = newId()) => {
  const { signal } = new AbortController()
  return { commandId, userId, now: new Date(1_000), traceparent: undefined, signal }
}
const founding = (more: Partial<Founding> = {}): Founding => ({
  ...{ kind: GroupKind.GROUP, name: 'Chess', topic: '', memberIds: ['bob'] },
  ...more,
})
const chat = (...memberIds: string[]) => founding({ kind: GroupKind.DIRECT, name: '', memberIds })

async function commandsOn(world: Awaited<ReturnType<typeof groupWorld>>) {
  const asked: string[][] = []
  const accounts = new Set(['ann', 'bob', 'eve'])
  const people = {
    async unknown(userIds: readonly string[]) {
      asked.push([...userIds])
      return userIds.filter((id) => !accounts.has(id))
    },
  }
  const files = { require: () => Promise.reject(new Error('no files here')) }
  const store = new SqliteGroupStore(world.projection)
  const unaddable = new Set<string>()
  const adding = {
    unaddable: async (_: string, userIds: readonly string[]) => userIds.filter((id) => unaddable.has(id)),
  }
  const groups = new GroupCommands(world.history, world.groupLane, store, world.groups, people, adding, files, secret)
  return {
    ...world,
    asked,
    accounts,
    /** People whose privacy settings let nobody add them. */
    unaddable,
    commands: groups,
    webhooks: new WebhookCommands(world.groupLane, world.groups, world.access, secret),
  }
}

describe('creating', () => {
  test('gives an id that comes from the founder and the command, and from nothing that is known outside', async () => {
    const { commands, groups } = await commandsOn(await groupWorld())
    const one = caller('ann')
    const { groupId, created } = await commands.create(founding(), one)
    expect(created).toBe(true)
    expect(groupId).not.toBe(one.commandId)
    expect(groupId).toBe(secret.id('group', 'ann', one.commandId))
    expect(groups.members(groupId).map(({ userId }) => userId)).toEqual(['ann', 'bob'])
  })

  test('a retry is the same group, and asks about nobody again', async () => {
    const { commands, asked } = await commandsOn(await groupWorld())
    const one = caller('ann')
    const first = await commands.create(founding(), one)
    expect(await commands.create(founding(), one)).toMatchObject({
      groupId: first.groupId,
      seq: first.seq,
      created: false,
    })
    expect(asked).toEqual([['bob']])
    expect(await refusalOf(commands.create(founding({ name: 'Go' }), one))).toBe('COMMAND_ID_REUSED')
    expect(await refusalOf(commands.create(chat('bob'), one))).toBe('COMMAND_ID_REUSED')
    expect(await refusalOf(commands.create(founding(), caller('eve', one.commandId)))).toBe('COMMAND_ID_REUSED')
  })

  test('is refused with people who are nobody, and with somebody who has blocked one', async () => {
    const { commands, block } = await commandsOn(await groupWorld())
    expect(await refusalOf(commands.create(founding({ memberIds: ['kim'] }), caller('ann')))).toBe('USER_NOT_FOUND')
    await block('bob', 'ann')
    expect(await refusalOf(commands.create(chat('bob'), caller('ann')))).toBe('BLOCKED')
    expect(await refusalOf(commands.create(founding(), caller('ann')))).toBe('BLOCKED')
    expect(await refusalOf(commands.create(founding({ memberIds: ['eve'] }), caller('ann')))).toBe('accepted')
  })
})

test('nobody is put into a new group against their privacy settings; a direct chat is none', async () => {
  const { commands, unaddable } = await commandsOn(await groupWorld())
  unaddable.add('bob').add('eve')
  const refused = await commands.create(founding({ memberIds: ['eve', 'ann', 'bob'] }), caller('ann')).catch((e) => e)
  expect(refused).toMatchObject({ message: 'NOT_ADDABLE', metadata: { user_id: 'eve', user_ids: 'eve,bob' } })
  expect(await refusalOf(commands.create(chat('bob'), caller('ann')))).toBe('accepted')
  unaddable.clear()
  const one = caller('ann')
  const { groupId } = await commands.create(founding(), one)
  unaddable.add('bob')
  expect(await commands.create(founding(), one)).toMatchObject({ groupId, created: false })
})

test('somebody who was unblocked on a replica that is ahead is not refused', async () => {
  const { commands, block, store } = await commandsOn(await groupWorld())
  await block('bob', 'ann')
  const value = create(BlockChangedSchema, { blocked: false })
  const commit = commandCommit({ commandId: newId(), actorId: 'bob', now: new Date(0) }, [
    { case: 'blockChanged', value },
  ])
  await store.append({ stream: PEOPLE_STREAM, subject: blockSubject('bob', 'ann'), commit })
  expect(await refusalOf(commands.create(chat('bob'), caller('ann')))).toBe('accepted')
})

test('a command id counts for one command of one content, also once the group has ended', async () => {
  const { commands, webhooks } = await commandsOn(await groupWorld())
  const { groupId } = await commands.create(founding(), caller('ann'))
  const [renaming, ending] = [caller('ann'), caller('ann')]
  const rename = (name: string) => refusalOf(commands.update(groupId, { name }, renaming))
  expect([await rename('Go'), await rename(' Go '), await rename('Shogi')]).toEqual([
    ...['accepted', 'accepted', 'COMMAND_ID_REUSED'],
  ])
  expect(await refusalOf(commands.delete(groupId, renaming))).toBe('COMMAND_ID_REUSED')
  expect(await refusalOf(webhooks.create(groupId, 'CI', renaming))).toBe('COMMAND_ID_REUSED')
  const { webhook } = await webhooks.create(groupId, 'CI', caller('ann'))
  const deleting = caller('ann')
  await webhooks.delete(groupId, webhook.id, deleting)
  expect(await refusalOf(webhooks.delete(groupId, webhook.id, deleting))).toBe('accepted')
  expect(await refusalOf(webhooks.delete(groupId, newId(), deleting))).toBe('COMMAND_ID_REUSED')
  for (let i = 0; i < 2; i++) expect(await refusalOf(commands.delete(groupId, ending))).toBe('accepted')
  expect(await refusalOf(commands.setArchived(groupId, true, ending))).toBe('COMMAND_ID_REUSED')
  expect(await rename('Go')).toBe('accepted')
})

describe('what administrators do', () => {
  const administrators = { require: async () => undefined, record: async () => undefined }
  const directoryOf = ({ commands, groups }: Pick<Awaited<ReturnType<typeof commandsOn>>, 'commands' | 'groups'>) =>
    new GroupDirectory({ before: () => [], count: () => 0, lastActivity: () => 0 }, groups, commands, administrators)

  test('is answered again when it is repeated, also the end of the group', async () => {
    const world = await commandsOn(await groupWorld())
    const directory = directoryOf(world)
    const { groupId } = await world.commands.create(founding(), caller('ann'))
    const [archive, end] = [caller('ada'), caller('ada')]
    for (let i = 0; i < 2; i++) await directory.setArchived(groupId, true, archive)
    for (let i = 0; i < 2; i++) expect(await refusalOf(directory.remove(groupId, end))).toBe('accepted')
    expect(await refusalOf(directory.remove(groupId, caller('ada')))).toBe('GROUP_NOT_FOUND')
    expect(await refusalOf(directory.remove(groupId, caller('eve', end.commandId)))).toBe('GROUP_NOT_FOUND')
  })

  test('finds a group that this replica has not seen yet', async () => {
    const world = await commandsOn(await groupWorld())
    const groupId = await world.found(['ann'])
    expect(await refusalOf(directoryOf(world).remove(groupId, caller('ada')))).toBe('accepted')
  })
})

describe('a direct chat', () => {
  test('is one, whoever of the two opens it, on whichever replica', async () => {
    const one = await commandsOn(await groupWorld())
    const two = await commandsOn(await groupWorld({}, one.store))
    const opened = await Promise.all([
      one.commands.create(chat('bob'), caller('ann')),
      two.commands.create(chat('bob', 'ann'), caller('ann')),
      two.commands.create(chat('ann'), caller('bob')),
    ])
    expect(new Set(opened.map(({ groupId }) => groupId)).size).toBe(1)
    expect(opened.filter(({ created }) => created)).toHaveLength(1)
    expect((await one.commands.create(chat('eve'), caller('ann'))).groupId).not.toBe(opened[0].groupId)
  })

  test('of an earlier release is found by its two members; one of three, or another kind, is none', async () => {
    const { commands, found, history } = await commandsOn(await groupWorld())
    for (const [members, kind] of [
      [['ann', 'bob'], GroupKind.GROUP],
      [['ann', 'bob', 'eve'], GroupKind.DIRECT],
    ] as const) {
      await history.catchUp(await found(members, kind))
    }
    const old = await found(['bob', 'ann'], GroupKind.DIRECT)
    await history.catchUp(old)
    expect(await commands.create(chat('bob'), caller('ann'))).toMatchObject({ groupId: old, created: false })
  })

  test('with somebody whose account is gone can no longer be opened', async () => {
    const world = await commandsOn(await groupWorld())
    const { groupId } = await world.commands.create(chat('bob'), caller('ann'))
    const value = create(MemberLeftSchema, { userId: 'bob' })
    await world.write(groupId, 'roster', { case: 'memberLeft', value }, 'bob')
    world.accounts.delete('bob')
    expect(await refusalOf(world.commands.create(chat('bob'), caller('ann')))).toBe('USER_NOT_FOUND')
  })
})

describe('a webhook', () => {
  test('gets id and token from the command and its author; a retry gets the same, a deleted one is not made again', async () => {
    const { commands, webhooks, groups } = await commandsOn(await groupWorld())
    const { groupId } = await commands.create(founding(), caller('ann'))
    const one = caller('ann', 'bob')
    const first = await webhooks.create(groupId, 'CI', one)
    expect(first.webhook.id).not.toBe('bob')
    expect(await webhooks.create(groupId, 'CI', one)).toMatchObject({ token: first.token, webhook: first.webhook })
    expect(await refusalOf(webhooks.create(groupId, 'Other', one))).toBe('COMMAND_ID_REUSED')
    expect(await refusalOf(webhooks.create(groupId, 'CI', caller('bob')))).toBe('NOT_PERMITTED')
    await webhooks.delete(groupId, first.webhook.id, caller('ann'))
    expect(await refusalOf(webhooks.create(groupId, 'CI', one))).toBe('COMMAND_ID_REUSED')
    expect(groups.webhooks(groupId)).toEqual([])
  })
})

describe('what was decided on holds at the place in the log', () => {
  const demoted = (userId: string): EventBody => ({
    case: 'roleChanged',
    value: create(RoleChangedSchema, { userId, role: Role.MEMBER }),
  })

  test('an admin who was demoted changes nothing, on a replica that has not heard of it either', async () => {
    const log = new LaggingLog(new MemoryEventStore())
    const world = await commandsOn(await groupWorld({}, log))
    const { groupId } = await world.commands.create(founding({ memberIds: ['bob', 'eve'] }), caller('ann'))
    const promoted: EventBody = {
      case: 'roleChanged',
      value: create(RoleChangedSchema, { userId: 'bob', role: Role.ADMIN }),
    }
    const { webhook } = await world.webhooks.create(groupId, 'CI', caller('ann'))
    const acts = [
      (who: Caller) => world.commands.update(groupId, { topic: 'mine' }, who),
      (who: Caller) => world.webhooks.create(groupId, 'CI', who),
      (who: Caller) => world.webhooks.delete(groupId, webhook.id, who),
    ]
    for (const act of acts) {
      await world.write(groupId, 'roster', promoted)
      const before = (await log.info(historyStream(0))).lastSeq
      log.hold()
      await logWriter(log).write(historyStream(0), historySubject(0, groupId, 'roster'), demoted('bob'), 'ann')
      expect(await refusalOf(act(caller('bob')))).toBe('NOT_PERMITTED')
      expect((await log.info(historyStream(0))).lastSeq).toBe(before + 1)
    }
  })

  test('the limit of webhooks holds when two replicas create them at once', async () => {
    const one = await commandsOn(await groupWorld())
    const other = await commandsOn(await groupWorld({}, one.store))
    const { groupId } = await one.commands.create(founding(), caller('ann'))
    await other.history.catchUp(groupId)
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        refusalOf((i % 2 ? one : other).webhooks.create(groupId, `w${i}`, caller('ann'))),
      ),
    )
    expect(made.filter((reason) => reason === 'accepted')).toHaveLength(20)
    for (const reason of made) expect(['accepted', 'TOO_MANY', 'CONTENTION']).toContain(reason)
    expect(one.groups.webhooks(groupId)).toHaveLength(20)
  })
})
