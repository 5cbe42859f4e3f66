import type * as pb from '@beseda/proto/moderation/v1/moderation_service'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { RetentionCommands } from '../../../retention/application/retention-commands.js'
import { GroupDirectory } from '../../application/group-directory.js'
import { ReportCommands } from '../../application/report-commands.js'
import { ReportQueries } from '../../application/report-queries.js'
import { cursorAfter, placeFrom, toReport, toSummary } from './mapping.js'
import { ruleFrom, toHold, toRule } from './retention-mapping.js'

const { method } = ModerationService
/** Reports and groups of a page when the request names no limit. */
const DEFAULT_REPORTS = 20
const DEFAULT_GROUPS = 50

/** ModerationService: reports, and what administrators do to groups. */
@Controller()
export class ModerationController {
  constructor(
    private readonly commands: ReportCommands,
    private readonly queries: ReportQueries,
    private readonly directory: GroupDirectory,
    private readonly retention: RetentionCommands,
  ) {}

  @Rpc(method.reportMessage)
  async reportMessage(request: pb.ReportMessageRequest, @SignedIn() user: SignedInUser) {
    const { groupId, messageId, reason, words, commandId } = request
    await this.commands.report(groupId, messageId, reason, words, user.command(commandId))
    return {}
  }

  @Rpc(method.listReports)
  async listReports({ closed, cursor, limit }: pb.ListReportsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const page = await this.queries.list(closed, placeFrom(cursor), limit || DEFAULT_REPORTS, userId, signal)
    return { reports: page.reports.map(toReport), next: cursorAfter(page), open: page.open }
  }

  @Rpc(method.closeReport)
  async closeReport(request: pb.CloseReportRequest, @SignedIn() user: SignedInUser) {
    const { groupId, messageId, outcome, note, commandId } = request
    await this.commands.close(groupId, messageId, outcome, note, user.command(commandId))
    return {}
  }

  @Rpc(method.listAllGroups)
  async listAllGroups({ query, after, limit }: pb.ListAllGroupsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const page = await this.directory.list(query, Number(after), limit || DEFAULT_GROUPS, userId, signal)
    return { groups: page.entries.map(toSummary), next: BigInt(page.next), total: page.total }
  }

  @Rpc(method.setGroupArchived)
  async setGroupArchived(request: pb.SetGroupArchivedRequest, @SignedIn() user: SignedInUser) {
    await this.directory.setArchived(request.groupId, request.archived, user.command(request.commandId))
    return {}
  }

  @Rpc(method.removeGroup)
  async removeGroup({ groupId, commandId }: pb.RemoveGroupRequest, @SignedIn() user: SignedInUser) {
    await this.directory.remove(groupId, user.command(commandId))
    return {}
  }

  @Rpc(method.getRetention)
  async getRetention(_request: pb.GetRetentionRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { rule, holds } = await this.retention.get(userId, signal)
    return { rule: toRule(rule), holds: holds.map(toHold) }
  }

  @Rpc(method.setRetention)
  async setRetention({ days, commandId }: pb.SetRetentionRequest, @SignedIn() user: SignedInUser) {
    await this.retention.setRule(ruleFrom(days), user.command(commandId))
    return {}
  }

  @Rpc(method.setHold)
  async setHold(request: pb.SetHoldRequest, @SignedIn() user: SignedInUser) {
    const { groupId, userId, held, reason, commandId } = request
    await this.retention.setHold({ groupId, userId }, held, reason, user.command(commandId))
    return {}
  }
}
