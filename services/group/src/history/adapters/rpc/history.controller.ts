import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/history/v1/history_service'
import { ExportFormat, HistoryService } from '@beseda/proto/history/v1/history_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { isTimeZone } from '@beseda/rules'
import { Controller } from '@nestjs/common'
import { HistoryQueries } from '../../application/history-queries.js'
import { toHtml } from './export-html.js'
import { toJsonLines } from './export-json.js'
import { exportWords } from './export-words.js'
import { placeFrom, toAuditEntry, toCallRecord, toSystemEvent } from './mapping.js'

const { method } = HistoryService

/** HistoryService: a group's history as people read it. */
@Controller()
export class HistoryController {
  constructor(private readonly queries: HistoryQueries) {}

  @Rpc(method.listAudit)
  async listAudit(request: pb.ListAuditRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { entries, hasMore } = await this.queries.audit(request.groupId, userId, placeFrom(request), signal)
    return { entries: entries.map(toAuditEntry), hasMore }
  }

  @Rpc(method.listCalls)
  async listCalls(request: pb.ListCallsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { calls, hasMore } = await this.queries.calls(request.groupId, userId, placeFrom(request), signal)
    return { calls: calls.map(toCallRecord), hasMore }
  }

  @Rpc(method.listSystemEvents)
  async listSystemEvents(request: pb.ListSystemEventsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { events, hasMore } = await this.queries.systemEvents(request.groupId, userId, placeFrom(request), signal)
    return { events: events.map(toSystemEvent), hasMore }
  }

  @Rpc(method.exportGroup)
  async exportGroup(request: pb.ExportGroupRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { groupId, format, afterSeq, locale, timeZone } = request
    if (timeZone !== '' && !isTimeZone(timeZone)) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'time_zone' })
    const { name, ...part } = await this.queries.export(groupId, userId, Number(afterSeq), signal)
    const text =
      format === ExportFormat.HTML
        ? toHtml(name, part, afterSeq === 0n, {
            words: exportWords(locale),
            timeZone: timeZone || 'UTC',
            nameOf: await this.queries.names(part.entries, signal),
          })
        : toJsonLines(part.entries)
    return { piece: new TextEncoder().encode(text), next: BigInt(part.next) }
  }
}
