import type { SqliteView } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { foldText } from '@beseda/rules'
import type { GroupRow } from '../../groups/adapters/views/group-reader.js'
import type { Groups } from '../../groups/application/group-commands.js'
import type { Administrators } from './ports.js'

export interface ListedGroup extends GroupRow {
  /** In order of founding. */
  readonly number: number
}

/** What administrators of the installation see of groups and may do to them: never what is said, and nothing of direct chats. */
export class AllGroups {
  constructor(
    private readonly history: GroupHistory,
    private readonly groups: Groups,
    private readonly administrators: Administrators,
  ) {}

  /** Newest first, those whose names have the query in them. `next`: where the next page begins; 0: there is none. */
  async list(query: string, after: number, limit: number, userId: string, signal: AbortSignal) {
    await this.administrators.require(userId, signal)
    const { view } = this.history
    const wanted = foldText(query)
    const fits = ({ name }: ListedGroup) => wanted === '' || foldText(name).includes(wanted)
    const before = after || Number.MAX_SAFE_INTEGER
    const found = (wanted === '' ? groupsBefore(view, before, limit + 1) : groupsBefore(view, before, -1)).filter(fits)
    const rows = found.slice(0, limit)
    return { rows, next: found.length > limit ? (rows.at(-1)?.number ?? 0) : 0, total: groupCount(view) }
  }

  lastActivity(groupId: string): number {
    const newest = this.history.view.get<{ at: number }>(
      "SELECT sent_at AS at FROM message WHERE group_id = ? AND thread_id = '' ORDER BY sent_at DESC LIMIT 1",
      groupId,
    )
    return newest?.at ?? 0
  }

  /** Errors: NOT_PERMITTED, GROUP_NOT_FOUND, DIRECT_CHAT. */
  async setArchived(groupId: string, archived: boolean, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId, caller.signal)
    this.groups.requireShared(groupId)
    const action = archived ? AdministratorAction.ARCHIVE_GROUP : AdministratorAction.UNARCHIVE_GROUP
    await this.administrators.record(action, caller, { groupId })
    await this.groups.setArchived(groupId, archived, caller)
  }

  /** Errors: NOT_PERMITTED, GROUP_NOT_FOUND, DIRECT_CHAT. */
  async remove(groupId: string, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId, caller.signal)
    this.groups.requireShared(groupId)
    await this.administrators.record(AdministratorAction.DELETE_GROUP, caller, { groupId })
    await this.groups.close(groupId, caller)
  }
}

export const groupCount = (view: SqliteView): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM grp WHERE deleted = 0 AND kind <> ?', GroupKind.DIRECT)?.n ?? 0

/** `limit` -1: all. */
const groupsBefore = (view: SqliteView, number: number, limit: number) =>
  view.all<ListedGroup>(
    'SELECT * FROM grp WHERE deleted = 0 AND kind <> ? AND number < ? ORDER BY number DESC LIMIT ?',
    GroupKind.DIRECT,
    number,
    limit,
  )
