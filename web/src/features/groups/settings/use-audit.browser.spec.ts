import { MessageDeletedSchema } from '@beseda/proto/group/v1/events'
import { ListAuditResponseSchema } from '@beseda/proto/history/v1/history_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { MemberUnbannedSchema } from '@beseda/proto/membership/v1/events'
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
      ? { case: 'memberUnbanned', value: create(MemberUnbannedSchema, { userId: 'bob' }) }
      : { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId: `m${seq}` }) }
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

test('a log that is closed is searched no further; until then it says how far back the search has come', async () => {
  const asked = longLog(50_000)
  const answer = asked.getMockImplementation()!
  const scope = effectScope()
  const audit = scope.run(() => useAudit('g'))!
  await audit.more()
  const reached: unknown[] = []
  asked.mockImplementation((request, options) => {
    reached.push(audit.searchedTo.value?.seconds)
    if (reached.length === 3) scope.stop()
    return answer(request, options)
  })
  audit.person.value = 'bob'
  await vi.waitFor(() => expect(reached).toHaveLength(3))
  await vi.waitFor(() => expect(audit.busy.value).toBe(false))
  expect(reached).toEqual([49_801n, 49_601n, 49_401n])
})
