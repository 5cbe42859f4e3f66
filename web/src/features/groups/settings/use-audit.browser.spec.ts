import { ListAuditResponseSchema } from '@beseda/proto/history/v1/history_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { history } from '../../../net/index.js'
import { useAudit } from './use-audit.js'

afterEach(() => vi.restoreAllMocks())

/** A log of this many calls, newest first; the oldest entry says that `bob` was unbanned. */
function longLog(length: number) {
  const bodyOf = (seq: number): Event['body'] =>
    seq === 1
      ? { case: 'memberUnbanned', value: { $typeName: 'beseda.membership.v1.MemberUnbanned', userId: 'bob' } }
      : { case: 'messageDeleted', value: { $typeName: 'beseda.group.v1.MessageDeleted', messageId: `m${seq}` } }
  return vi.spyOn(history, 'listAudit').mockImplementation(async ({ beforeSeq = 0n, limit = 50 }) => {
    const newest = beforeSeq === 0n ? length : Number(beforeSeq) - 1
    const seqs = Array.from({ length: Math.min(limit, newest) }, (_, i) => newest - i)
    return create(ListAuditResponseSchema, {
      hasMore: newest > seqs.length,
      entries: seqs.map((seq) => ({
        seq: BigInt(seq),
        time: timestampFromMs(seq * 1_000),
        event: { actorId: 'ann', body: bodyOf(seq) },
      })),
    })
  })
}

test.each(['topic', 'person'] as const)('a narrowed log (%s) finds what is at its very beginning', async (by) => {
  longLog(5_000)
  const scope = effectScope()
  const audit = scope.run(() => useAudit('g'))!
  await audit.more()
  expect(audit.entries.value).toHaveLength(200)
  if (by === 'topic') audit.topic.value = 'members'
  else audit.person.value = 'bob'
  await vi.waitFor(() => expect(audit.shown.value.map(({ entry }) => entry.seq)).toEqual([1n]))
  expect(audit.hasMore.value).toBe(false)
  scope.stop()
})

test('a log that is closed is searched no further', async () => {
  const asked = longLog(50_000)
  const scope = effectScope()
  const audit = scope.run(() => useAudit('g'))!
  await audit.more()
  audit.person.value = 'bob'
  await vi.waitFor(() => expect(audit.searchedTo.value).toBeDefined())
  scope.stop()
  await vi.waitFor(() => expect(audit.busy.value).toBe(false))
  expect(asked.mock.calls.length).toBeLessThan(200)
})
