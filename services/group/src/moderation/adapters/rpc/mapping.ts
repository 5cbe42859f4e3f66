import { Role } from '@beseda/proto/common/v1/roles'
import { type Timestamp, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import type { DirectoryEntry } from '../../application/group-directory.js'
import type { ReportPlace } from '../../application/ports.js'
import type { ReportPage, ReportPicture } from '../../application/report-queries.js'

/** Undefined without a cursor: the page of the newest. */
export function placeFrom(cursor: string): ReportPlace | undefined {
  const [at, messageId = '', reporterId = ''] = cursor.split('.')
  return Number(at) > 0 ? { at: Number(at), messageId, reporterId } : undefined
}

/** Empty: there is no next page. */
export function cursorAfter({ reports, hasMore }: ReportPage): string {
  const last = reports.at(-1)
  return hasMore && last ? `${msOf(last.report.reportedAt)}.${last.messageId}.${last.reporterId}` : ''
}

const msOf = (timestamp: Timestamp | undefined): number => (timestamp ? timestampMs(timestamp) : 0)

export function toReport({ groupId, messageId, reporterId, report, groupKind, groupName, revisions }: ReportPicture) {
  const { authorId, reason, words, reportedAt, outcome, closedBy, closedAt, note } = report
  return {
    ...{ groupId, groupKind, groupName, messageId, reporterId },
    ...{ authorId, reason, words, reportedAt, outcome, closedBy, closedAt, note },
    text: revisions?.asked ?? '',
    editedText: revisions && revisions.newest !== revisions.asked ? revisions.newest : '',
    fileNames: [...(revisions?.fileNames ?? [])],
    messageGone: revisions === undefined,
  }
}

export const toSummary = ({ group, members, lastActivity }: DirectoryEntry) => ({
  id: group.id,
  kind: group.kind,
  name: group.name,
  memberCount: members.length,
  ownerId: members.find(({ role }) => role === Role.OWNER)?.userId ?? '',
  createdAt: timestampFromMs(group.createdAt),
  ...(lastActivity > 0 ? { lastActivityAt: timestampFromMs(lastActivity) } : {}),
  archived: group.archived,
})
