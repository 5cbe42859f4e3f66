import { newId, Refusal } from '@beseda/kernel'
import { personalStream, reportSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { type ReportChanged, ReportOutcome, ReportReason } from '@beseda/proto/moderation/v1/events'
import { describe, expect, test } from 'vitest'
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

/** What each record of the audit log says, with the state of the message at that moment. */
type Recorded = Readonly<{ action: string; aboutUserId?: string; messageId?: string; wasThere: boolean }>

/** Ann and Bob are members of a group; Ada administers the installation. */
async function world(store?: Awaited<ReturnType<typeof groupWorld>>['store']) {
  const group = await groupWorld({}, store)
  const { history, access, messages, changes, projection } = group
  const recorded: Recorded[] = []
  let mayRecord = true
  const requireAdministrator = async (userId: string) => {
    if (userId !== 'ada') throw new Refusal(ErrorReason.NOT_PERMITTED)
  }
  const reportStore = new SqliteReportStore(projection)
  const reports = new ReportCommands(history, access, messages, changes, reportStore, {
    require: requireAdministrator,
    record: async (action, _, { aboutUserId, groupId, messageId }) => {
      if (!mayRecord) throw new Refusal(ErrorReason.NOT_PERMITTED)
      const wasThere = messages.place(groupId, messageId ?? '')?.deleted === false
      recorded.push({
        action: AdministratorAction[action],
        wasThere,
        ...(aboutUserId === undefined ? {} : { aboutUserId }),
        ...(messageId === undefined ? {} : { messageId }),
      })
    },
  })
  const post = async (groupId: string, authorId: string, text = 'hello'): Promise<string> => {
    const content = { text, replyTo: '', threadId: '', attachments: [], forward: undefined }
    const { place } = await group.posting.post({
      ...{ ...content, ...caller(authorId) },
      ...{ messageId: newId(), groupId, authorId },
    })
    return place.id
  }
  const report = (groupId: string, messageId: string, by: string, words = '') =>
    reports.report(groupId, messageId, ReportReason.SPAM, words, caller(by))
  const close = (groupId: string, messageId: string, outcome = ReportOutcome.DISMISSED, by = 'ada') =>
    reports.close(groupId, messageId, outcome, 'seen', caller(by))
  /** The newest report of somebody in the log itself. */
  const inLog = async (groupId: string, messageId: string, by: string): Promise<ReportChanged | undefined> => {
    const filter = reportSubject(0, groupId, by, messageId)
    const found = await group.store.read(personalStream(0), { afterSeq: 0, filter, limit: 100 })
    const body = found.at(-1)?.commit.events[0]?.body
    return body?.case === 'reportChanged' ? body.value : undefined
  }
  return {
    ...group,
    ...{ reports, reportStore, recorded, report, close, inLog },
    post,
    refuseToRecord: () => {
      mayRecord = false
    },
  }
}

describe('a report', () => {
  test('names the author and the wording that was read: the last edit', async () => {
    const { found, post, report, inLog, changes, messages } = await world()
    const groupId = await found(['ann', 'bob'])
    const messageId = await post(groupId, 'ann')
    await report(groupId, messageId, 'bob', 'as posted')
    const posted = messages.place(groupId, messageId)?.seq ?? 0
    expect(await inLog(groupId, messageId, 'bob')).toMatchObject({
      authorId: 'ann',
      words: 'as posted',
      wordingSeq: BigInt(posted),
    })

    const edited = await post(groupId, 'ann')
    const seq = await changes.edit(groupId, edited, 'worse', caller('ann'))
    await report(groupId, edited, 'bob')
    expect((await inLog(groupId, edited, 'bob'))?.wordingSeq).toBe(BigInt(seq))
  })

  test('is made by members, of messages that exist and are not their own', async () => {
    const { found, post, report, changes } = await world()
    const groupId = await found(['ann', 'bob'])
    const messageId = await post(groupId, 'ann')
    expect(await refusalOf(report(groupId, messageId, 'stranger'))).toBe('NOT_A_MEMBER')
    expect(await refusalOf(report(groupId, newId(), 'bob'))).toBe('MESSAGE_NOT_FOUND')
    expect(await refusalOf(report(groupId, messageId, 'ann'))).toBe('NOT_PERMITTED')
    await changes.remove(groupId, messageId, caller('ann'))
    expect(await refusalOf(report(groupId, messageId, 'bob'))).toBe('MESSAGE_NOT_FOUND')
  })

  test('is made once by each member: what administrators have read does not change', async () => {
    const { found, post, report, inLog, reportStore } = await world()
    const groupId = await found(['ann', 'bob', 'cy'])
    const messageId = await post(groupId, 'ann')
    await report(groupId, messageId, 'bob', 'first')
    await report(groupId, messageId, 'bob', 'second')
    await report(groupId, messageId, 'cy', 'mine')
    expect((await inLog(groupId, messageId, 'bob'))?.words).toBe('first')
    expect(reportStore.ofMessage(groupId, messageId).map(({ reporterId }) => reporterId)).toEqual(['bob', 'cy'])
  })
})

describe('closing', () => {
  test('closes all reports of the message, is recorded first, and names the author', async () => {
    const { found, post, report, close, inLog, recorded, reportStore } = await world()
    const groupId = await found(['ann', 'bob', 'cy'])
    const [messageId, other] = [await post(groupId, 'ann'), await post(groupId, 'ann')]
    for (const by of ['bob', 'cy']) await report(groupId, messageId, by)
    await report(groupId, other, 'bob')
    await close(groupId, messageId)
    expect(recorded).toEqual([{ action: 'CLOSE_REPORT', aboutUserId: 'ann', messageId, wasThere: true }])
    for (const by of ['bob', 'cy'])
      expect(await inLog(groupId, messageId, by)).toMatchObject({
        outcome: ReportOutcome.DISMISSED,
        closedBy: 'ada',
        note: 'seen',
      })
    expect(reportStore.openCount()).toBe(1)
  })

  test('with the message deleted, is recorded before it is deleted; what the reports quote goes with it', async () => {
    const { found, post, report, close, recorded, messages, reportStore } = await world()
    const groupId = await found(['ann', 'bob'])
    const messageId = await post(groupId, 'ann')
    await report(groupId, messageId, 'bob', 'she wrote “hello”')
    await close(groupId, messageId, ReportOutcome.MESSAGE_DELETED)
    expect(recorded).toEqual([{ action: 'DELETE_MESSAGE', aboutUserId: 'ann', messageId, wasThere: true }])
    expect(messages.place(groupId, messageId)?.deleted).toBe(true)
    const [left] = reportStore.ofMessage(groupId, messageId)
    expect(left?.report).toMatchObject({ words: '', outcome: ReportOutcome.MESSAGE_DELETED })
  })

  test('is for administrators, of reports that exist; nothing changes without the record', async () => {
    const { found, post, report, close, recorded, messages, reportStore, refuseToRecord } = await world()
    const groupId = await found(['ann', 'bob'])
    const messageId = await post(groupId, 'ann')
    await report(groupId, messageId, 'bob')
    expect(await refusalOf(close(groupId, messageId, ReportOutcome.MESSAGE_DELETED, 'ann'))).toBe('NOT_PERMITTED')
    expect(await refusalOf(close(groupId, newId()))).toBe('REPORT_NOT_FOUND')
    refuseToRecord()
    expect(await refusalOf(close(groupId, messageId, ReportOutcome.MESSAGE_DELETED))).toBe('NOT_PERMITTED')
    expect(recorded).toEqual([])
    expect([messages.place(groupId, messageId)?.deleted, reportStore.openCount()]).toEqual([false, 1])
  })

  test('again changes nothing: the first outcome stays', async () => {
    const { found, post, report, close, inLog } = await world()
    const groupId = await found(['ann', 'bob'])
    const messageId = await post(groupId, 'ann')
    await report(groupId, messageId, 'bob')
    await close(groupId, messageId)
    await close(groupId, messageId, ReportOutcome.AUTHOR_DISABLED)
    expect((await inLog(groupId, messageId, 'bob'))?.outcome).toBe(ReportOutcome.DISMISSED)
  })

  test('finds a report that this replica has not seen yet', async () => {
    const first = await world()
    const other = await world(first.store)
    const groupId = await first.found(['ann', 'bob'])
    const messageId = await first.post(groupId, 'ann')
    await first.report(groupId, messageId, 'bob')
    expect(await refusalOf(other.close(groupId, messageId))).toBe('accepted')
  })
})

test('words that may quote a deleted message are taken out of the log, once', async () => {
  const { found, post, report, inLog, changes, reports, reportStore } = await world()
  const groupId = await found(['ann', 'bob'])
  const messageId = await post(groupId, 'ann')
  await report(groupId, messageId, 'bob', 'she wrote “hello”')
  await reports.redact(new Date(0))
  expect((await inLog(groupId, messageId, 'bob'))?.words).toBe('she wrote “hello”')

  await changes.remove(groupId, messageId, caller('ann'))
  expect(reportStore.due(10)).toHaveLength(1)
  await reports.redact(new Date(0))
  expect(await inLog(groupId, messageId, 'bob')).toMatchObject({ authorId: 'ann', words: '' })
  await expect.poll(() => reportStore.due(10)).toEqual([])
})
