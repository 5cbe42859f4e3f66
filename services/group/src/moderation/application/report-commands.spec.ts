import { newId } from '@beseda/kernel'
import { ReportOutcome, ReportReason } from '@beseda/proto/moderation/v1/events'
import { expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { SqliteReportStore } from '../adapters/views/report-store.js'
import { ReportCommands } from './report-commands.js'

const { signal } = new AbortController()
const caller = (userId: string) => ({
  ...{ commandId: newId(), userId },
  now: new Date(0),
  traceparent: undefined,
  signal,
})
const administrators = { require: async () => undefined, record: async () => undefined }
const reportsOn = ({ history, access, messages, changes, projection }: Awaited<ReturnType<typeof groupWorld>>) =>
  new ReportCommands(history, access, messages, changes, new SqliteReportStore(projection), administrators)

test('a report that this replica has not seen yet can be closed; one that nobody made cannot', async () => {
  const world = await groupWorld()
  const other = await groupWorld({}, world.store)
  const groupId = await world.found(['ann', 'bob'])
  const post = {
    ...{ text: 'hello', replyTo: '', threadId: '', attachments: [], forward: undefined },
    ...caller('ann'),
  }
  const { place } = await world.posting.post({ ...post, messageId: newId(), groupId, authorId: 'ann' })
  await reportsOn(world).report(groupId, place.id, ReportReason.SPAM, '', caller('bob'))
  const close = (messageId: string) =>
    refusalOf(reportsOn(other).close(groupId, messageId, ReportOutcome.DISMISSED, '', caller('ada')))
  expect(await close(place.id)).toBe('accepted')
  expect(await close(newId())).toBe('REPORT_NOT_FOUND')
})
