import { JetStreamEventStore } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { ExportFormat, HistoryService } from '@beseda/proto/history/v1/history_service'
import { HEADERS, natsTransport } from '@beseda/rpc'
import { rosterChanges } from '@beseda/rules'
import { createClient } from '@connectrpc/connect'

const PAGE = 1_000

/** The person with full rights in a group: the owner, or either person of a direct chat. Read from the log. */
/** @param {JetStreamEventStore} store @param {string} groupId @param {number} partitionCount @returns {Promise<string>} */
async function readerOf(store, groupId, partitionCount) {
  const p = partitionOf(groupId, partitionCount)
  /** @type {Map<string, Role>} */
  const roles = new Map()
  for (let afterSeq = 0; ; ) {
    const commits = await store.read(historyStream(p), { afterSeq, filter: groupFilter(p, groupId), limit: PAGE })
    for (const { userId, role } of commits.flatMap(({ commit }) =>
      commit.events.flatMap(({ body }) => rosterChanges(body)),
    )) {
      if (role === undefined) roles.delete(userId)
      else roles.set(userId, role)
    }
    if (commits.length < PAGE) break
    afterSeq = commits.at(-1)?.seq ?? afterSeq
  }
  const [reader] = [...roles].sort(([, a], [, b]) => Number(b === Role.OWNER) - Number(a === Role.OWNER))
  if (!reader) throw new Error(`There is no group ${groupId} with members.`)
  return reader[0]
}

/**
 * Streams everything of a group that its owner may read.
 * @param {import('@nats-io/transport-node').NatsConnection} nc @param {string} groupId @param {number} partitionCount @param {'jsonl' | 'html'} format
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* exportGroup(nc, groupId, partitionCount, format) {
  const store = await JetStreamEventStore.open(nc)
  const headers = { [HEADERS.user]: await readerOf(store, groupId, partitionCount) }
  const history = createClient(HistoryService, natsTransport(nc, { partitionCount }))
  const request = { groupId, format: format === 'html' ? ExportFormat.HTML : ExportFormat.JSON_LINES }
  for (let afterSeq = 0n; ; ) {
    const { piece, next } = await history.exportGroup({ ...request, afterSeq }, { headers })
    yield piece
    if (next === 0n) return
    afterSeq = next
  }
}
