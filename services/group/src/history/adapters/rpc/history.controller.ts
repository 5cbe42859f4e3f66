import type * as pb from '@beseda/proto/history/v1/history_service'
import { ExportFormat, HistoryService } from '@beseda/proto/history/v1/history_service'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { HistoryReaders } from '../../application/history-queries.js'
import { toHtml, toJsonLines } from '../views/export-reader.js'

const { method } = HistoryService
const DEFAULT_PAGE = 50

/** The contract's HistoryService: a group's history as people read it. */
@Controller()
export class HistoryController {
  constructor(private readonly readers: HistoryReaders) {}

  @Rpc(method.listAudit)
  async listAudit({ groupId, beforeSeq, limit, minSeq }: pb.ListAuditRequest, context: RpcContext) {
    const [before, least] = [Number(beforeSeq), Number(minSeq)]
    return this.readers.audit(groupId, requireUser(context), before, limit || DEFAULT_PAGE, least, context.signal)
  }

  @Rpc(method.listCalls)
  async listCalls({ groupId, beforeSeq, limit, minSeq }: pb.ListCallsRequest, context: RpcContext) {
    const [before, least] = [Number(beforeSeq), Number(minSeq)]
    return this.readers.calls(groupId, requireUser(context), before, limit || DEFAULT_PAGE, least, context.signal)
  }

  @Rpc(method.exportGroup)
  async exportGroup({ groupId, format, afterSeq }: pb.ExportGroupRequest, context: RpcContext) {
    const { signal } = context
    const { name, ...part } = await this.readers.export(groupId, requireUser(context), Number(afterSeq), signal)
    const text =
      format === ExportFormat.HTML
        ? toHtml(name, part, afterSeq === 0n, await this.readers.names(part.entries, signal))
        : toJsonLines(part.entries)
    return { piece: new TextEncoder().encode(text), next: BigInt(part.next) }
  }
}
