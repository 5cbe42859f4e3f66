import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupDeletedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { SqliteGroupDirectoryReader } from '../adapters/views/group-directory-reader.js'
import { GroupDirectory } from './group-directory.js'

const { signal } = new AbortController()
const caller = (userId = 'ada') => ({
  ...{ commandId: newId(), userId },
  now: new Date(0),
  traceparent: undefined,
  signal,
})

/** Ada administers the installation. */
async function world() {
  const group = await groupWorld()
  const did: string[] = []
  const directory = new GroupDirectory(
    new SqliteGroupDirectoryReader(group.projection),
    group.groups,
    {
      requireShared: async (groupId) => {
        if (group.groups.group(groupId)?.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
      },
      setArchived: async (_, archived) => void did.push(archived ? 'archived' : 'taken out of the archive') as never,
      close: async () => void did.push('deleted') as never,
    },
    {
      require: async (userId) => {
        if (userId !== 'ada') throw new Refusal(ErrorReason.NOT_PERMITTED)
      },
      record: async (action) => void did.push(`recorded: ${AdministratorAction[action]}`),
    },
  )
  const found = async (name: string, kind?: GroupKind): Promise<string> => {
    const groupId = await group.found(['ann', 'bob'], kind)
    await group.write(groupId, 'group', { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) })
    return groupId
  }
  const names = async (query = '', after = 0, limit = 10) => {
    const { entries, next } = await directory.list(query, after, limit, 'ada', signal)
    return { names: entries.map((entry) => entry.group.name), next }
  }
  return { ...group, directory, found, names, did }
}

describe('the list', () => {
  test('has every group but direct chats and those that were deleted, newest first', async () => {
    const { found, names, directory, write } = await world()
    await found('Chess')
    await found('Ann and Bob', GroupKind.DIRECT)
    const gone = await found('Gone')
    await write(gone, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
    await found('News', GroupKind.CHANNEL)
    expect(await names()).toEqual({ names: ['News', 'Chess'], next: 0 })
    expect((await directory.list('', 0, 10, 'ada', signal)).total).toBe(2)
  })

  test.each(['', 'go'])('its pages join without a hole (query "%s")', async (query) => {
    const { found, names } = await world()
    for (const name of ['Go 1', 'Go 2', 'Go 3', 'Go 4', 'Go 5']) await found(name)
    const pages: string[][] = []
    let after = 0
    do {
      const page = await names(query, after, 2)
      pages.push(page.names)
      after = page.next
    } while (after !== 0)
    expect(pages).toEqual([['Go 5', 'Go 4'], ['Go 3', 'Go 2'], ['Go 1']])
  })

  test('finds names whatever their case and accents', async () => {
    const { found, names } = await world()
    for (const name of ['Café', 'Chess']) await found(name)
    expect((await names('CAFE')).names).toEqual(['Café'])
  })

  test('shows who is in a group and when something was last said, never what', async () => {
    const { found, directory } = await world()
    const groupId = await found('Chess')
    const { entries } = await directory.list('', 0, 1, 'ada', signal)
    expect(entries).toMatchObject([{ group: { id: groupId }, lastActivity: 0 }])
    expect(entries[0]?.members.map(({ userId }) => userId)).toEqual(['ann', 'bob'])
  })
})

describe('what administrators do', () => {
  test('is recorded before it is done', async () => {
    const { found, directory, did } = await world()
    const groupId = await found('Chess')
    await directory.setArchived(groupId, true, caller())
    await directory.setArchived(groupId, false, caller())
    await directory.remove(groupId, caller())
    expect(did).toEqual([
      ...['recorded: ARCHIVE_GROUP', 'archived', 'recorded: UNARCHIVE_GROUP', 'taken out of the archive'],
      ...['recorded: DELETE_GROUP', 'deleted'],
    ])
  })

  test('is not done by anybody else, nor to a direct chat', async () => {
    const { found, directory, did } = await world()
    const [groupId, chat] = [await found('Chess'), await found('', GroupKind.DIRECT)]
    expect(await refusalOf(directory.list('', 0, 10, 'ann', signal))).toBe('NOT_PERMITTED')
    expect(await refusalOf(directory.setArchived(groupId, true, caller('ann')))).toBe('NOT_PERMITTED')
    expect(await refusalOf(directory.remove(groupId, caller('ann')))).toBe('NOT_PERMITTED')
    expect(await refusalOf(directory.setArchived(chat, true, caller()))).toBe('DIRECT_CHAT')
    expect(await refusalOf(directory.remove(chat, caller()))).toBe('DIRECT_CHAT')
    expect(did).toEqual([])
  })
})
