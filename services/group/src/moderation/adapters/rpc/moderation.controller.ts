import type { GroupHistory } from '@beseda/history'
import { Role } from '@beseda/proto/common/v1/roles'
import type * as pb from '@beseda/proto/moderation/v1/moderation_service'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller, Inject } from '@nestjs/common'
import { groupById } from '../../../groups/adapters/views/group-reader.js'
import { Groups } from '../../../groups/application/group-commands.js'
import { wordingsOf } from '../../../messages/application/message-revisions.js'
import { AllGroups, type ListedGroup } from '../../application/group-directory.js'
import { Reports } from '../../application/reports.js'
import { bodyOf, type ReportPlace, type ReportRow } from '../views/report-view.js'

const { method } = ModerationService
const DEFAULT_REPORTS = 20
const DEFAULT_GROUPS = 50
/** Nest knows classes by their constructors; this one is made by the service. */
export const HISTORY = Symbol('history')

/** The contract's ModerationService. */
@Controller()
export class ModerationController {
  constructor(
    private readonly reports: Reports,
    private readonly allGroups: AllGroups,
    private readonly groups: Groups,
    @Inject(HISTORY) private readonly history: GroupHistory,
  ) {}

  @Rpc(method.reportMessage)
  async reportMessage(request: pb.ReportMessageRequest, context: RpcContext) {
    const { groupId, messageId, reason, words, commandId } = request
    await this.reports.report(groupId, messageId, reason, words, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.listReports)
  async listReports({ closed, cursor, limit }: pb.ListReportsRequest, context: RpcContext) {
    const most = limit || DEFAULT_REPORTS
    const found = await this.reports.list(closed, placeOf(cursor), most, requireUser(context), context.signal)
    const last = found.rows.at(-1)
    return {
      reports: await Promise.all(found.rows.map((row) => this.#reportOf(row))),
      next: found.hasMore && last ? `${last.reported_at}.${last.message_id}.${last.user_id}` : '',
      open: found.open,
    }
  }

  @Rpc(method.closeReport)
  async closeReport({ groupId, messageId, outcome, note, commandId }: pb.CloseReportRequest, context: RpcContext) {
    await this.reports.close(groupId, messageId, outcome, note, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.listAllGroups)
  async listAllGroups({ query, after, limit }: pb.ListAllGroupsRequest, context: RpcContext) {
    const most = limit || DEFAULT_GROUPS
    const found = await this.allGroups.list(query, Number(after), most, requireUser(context), context.signal)
    return { groups: found.rows.map((row) => this.#summaryOf(row)), next: BigInt(found.next), total: found.total }
  }

  @Rpc(method.setGroupArchived)
  async setGroupArchived({ groupId, archived, commandId }: pb.SetGroupArchivedRequest, context: RpcContext) {
    await this.allGroups.setArchived(groupId, archived, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.removeGroup)
  async removeGroup({ groupId, commandId }: pb.RemoveGroupRequest, context: RpcContext) {
    await this.allGroups.remove(groupId, callerOf(context, commandId))
    return {}
  }

  async #reportOf(row: ReportRow) {
    const { group_id: groupId, message_id: messageId, user_id: reporterId } = row
    const { authorId, reason, words, reportedAt, wordingSeq, outcome, closedBy, closedAt, note } = bodyOf(row)
    const group = groupById(this.history.view, groupId)
    const wordings = await wordingsOf(this.history, groupId, messageId, Number(wordingSeq))
    const edited = wordings && wordings.newest !== wordings.asked ? wordings.newest : ''
    return {
      groupId,
      groupKind: group?.kind ?? 0,
      groupName: group?.name ?? '',
      messageId,
      reporterId,
      ...{ authorId, reason, words, reportedAt, outcome, closedBy, closedAt, note },
      text: wordings?.asked ?? '',
      editedText: edited,
      fileNames: [...(wordings?.fileNames ?? [])],
      messageGone: wordings === undefined,
    }
  }

  #summaryOf(row: ListedGroup) {
    const members = this.groups.members(row.id)
    const lastActivity = this.allGroups.lastActivity(row.id)
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      memberCount: members.length,
      ownerId: members.find(({ role }) => role === Role.OWNER)?.user_id ?? '',
      createdAt: timestampFromMs(row.created_at),
      ...(lastActivity > 0 ? { lastActivityAt: timestampFromMs(lastActivity) } : {}),
      archived: row.archived === 1,
    }
  }
}

/** Where a page begins; without a cursor: before everything. */
function placeOf(cursor: string): ReportPlace {
  const [at, messageId = '', userId = ''] = cursor.split('.')
  return { at: Number(at) || Number.MAX_SAFE_INTEGER, messageId, userId }
}
