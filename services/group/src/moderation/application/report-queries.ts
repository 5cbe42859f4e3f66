import { GroupKind } from '@beseda/proto/group/v1/events'
import type { GroupReader } from '../../groups/application/ports.js'
import type { MessageRevisions, Revisions } from '../../messages/application/message-revisions.js'
import type { Administrators, ReportPlace, ReportRecord, ReportStore } from './ports.js'

/** A report with what it is about. */
export interface ReportPicture extends ReportRecord {
  readonly groupKind: GroupKind
  readonly groupName: string
  /** Undefined: the message is gone. */
  readonly revisions: Revisions | undefined
}

export interface ReportPage {
  /** Newest first. */
  readonly reports: readonly ReportPicture[]
  readonly hasMore: boolean
  /** Reports of the whole installation that are not closed. */
  readonly open: number
}

/** What administrators ask about reports. */
export class ReportQueries {
  constructor(
    private readonly groups: Pick<GroupReader, 'group'>,
    private readonly revisions: MessageRevisions,
    private readonly store: ReportStore,
    private readonly administrators: Administrators,
  ) {}

  /** `place` undefined: the newest. Errors: NOT_PERMITTED. */
  async list(
    closed: boolean,
    place: ReportPlace | undefined,
    limit: number,
    userId: string,
    signal: AbortSignal,
  ): Promise<ReportPage> {
    await this.administrators.require(userId, signal)
    const found = this.store.after(closed, place, limit + 1)
    const reports = await Promise.all(found.slice(0, limit).map((record) => this.#picture(record)))
    return { reports, hasMore: found.length > limit, open: this.store.openCount() }
  }

  async #picture(record: ReportRecord): Promise<ReportPicture> {
    const { groupId, messageId, report } = record
    const group = this.groups.group(groupId)
    const revisions = await this.revisions.of(groupId, messageId, Number(report.wordingSeq))
    return { ...record, groupKind: group?.kind ?? GroupKind.UNSPECIFIED, groupName: group?.name ?? '', revisions }
  }
}
