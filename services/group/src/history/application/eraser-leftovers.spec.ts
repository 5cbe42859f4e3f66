import { commandCommit, type EventBody } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, historySubject, PEOPLE_STREAM, personalStream } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, MessageDeletedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { BrokenLog } from '../../../../testing/broken-log.js'
import { groupParts } from '../../../../testing/group-parts.js'
import { replica } from '../../../../testing/scheduled.js'
import { historyView } from '../../view/history-view.js'

/** A group that the log does not answer for must keep no other from being erased, whatever it has to erase. */
const STREAM = historyStream(0)
const NOW = new Date('2026-01-01T00:00:00Z')

async function eraser() {
  const store = new BrokenLog()
  const { history, projection, stop } = await replica(store, [STREAM, personalStream(0), PEOPLE_STREAM], historyView)
  onTestFinished(() => stop())
  const closed: string[] = []
  const groups = {
    close: async (groupId: string) => {
      if (groupId === store.broken) throw new Error('nobody answers')
      closed.push(groupId)
      projection.view.run('DELETE FROM close_due WHERE group_id = ?', groupId)
      return { seq: 0, events: [] }
    },
  }
  let filesAsked = 0
  const files = { deleteDue: async () => void filesAsked++ }
  const append = async (stream: string, subject: string, body: EventBody) => {
    const commit = commandCommit({ commandId: newId(), actorId: 'ann', now: NOW }, [body])
    const result = await store.append({ stream, subject, commit })
    if (result.kind === 'appended') await projection.waitFor(stream, result.seq)
  }
  const say = async (groupId: string, authorId: string, text: string) => {
    const value = create(MessagePostedSchema, { messageId: newId(), authorId, text })
    await append(STREAM, historySubject(0, groupId, 'messages'), { case: 'messagePosted', value })
    return value.messageId
  }
  const unsay = (groupId: string, messageId: string) => {
    const value = create(MessageDeletedSchema, { messageId })
    return append(STREAM, historySubject(0, groupId, 'messages'), { case: 'messageDeleted', value })
  }
  const found = async () => {
    const value = create(GroupCreatedSchema, {
      kind: GroupKind.GROUP,
      name: 'x',
      ownerId: 'ann',
      memberIds: ['ann', 'eve'],
    })
    const groupId = newId()
    await append(STREAM, historySubject(0, groupId, 'group'), { case: 'groupCreated', value })
    return groupId
  }
  const leave = (userId: string) =>
    append(PEOPLE_STREAM, goneSubject(userId), { case: 'personGone', value: create(PersonGoneSchema) })
  const text = async () => {
    const log = await store.read(STREAM, { afterSeq: 0, limit: 1_000 })
    return log.map(({ bytes }) => Buffer.from(bytes).toString()).join()
  }
  return {
    ...{ store, view: projection.view, closed, say, unsay, found, leave, text },
    filesAsked: () => filesAsked,
    round: () => groupParts(history, projection).eraser(groups, files).round(NOW),
  }
}

test('one group that the log does not answer for keeps no other waiting, and its turn comes when it does', async () => {
  const { store, view, closed, say, unsay, found, leave, text, filesAsked, round } = await eraser()
  const [broken, whole] = [await found(), await found()]
  for (const groupId of [broken, whole]) {
    await unsay(groupId, await say(groupId, 'ann', `regretted in ${groupId}`))
    await say(groupId, 'eve', `eve in ${groupId}`)
    view.run('INSERT INTO close_due VALUES (?)', groupId)
    view.run('INSERT INTO purge_due VALUES (?, 0)', groupId)
  }
  // More than a round takes, and before what the other group has.
  for (let seq = 10_000; seq < 10_300; seq++) view.run('INSERT INTO erasure_due VALUES (?, ?, ?)', broken, seq, 'ann')
  await leave('eve')

  store.broken = broken
  const name = `group ${broken}`
  // Of eve, of the closing, of what is to be erased and of what is left of the group.
  const failures = [name, name, name, name].map((message) => ({ message }))
  for (const _ of [1, 2]) await expect(round()).rejects.toMatchObject({ failures })
  store.broken = undefined
  const left = await text()
  for (const word of ['regretted', 'eve']) {
    expect(left).not.toContain(`${word} in ${whole}`)
    expect(left).toContain(`${word} in ${broken}`)
  }
  expect(closed).toEqual([whole])
  expect(view.all('SELECT group_id FROM purge_due')).toEqual([{ group_id: broken }])
  expect(filesAsked()).toBe(2)

  for (const _ of [1, 2, 3]) await round()
  expect(await text()).not.toContain(`in ${broken}`)
  expect(closed).toEqual([whole, broken])
  expect(view.all('SELECT * FROM purge_due')).toEqual([])
  expect(view.all('SELECT * FROM erasure_due')).toEqual([])
})
