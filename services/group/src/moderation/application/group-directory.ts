import type { Caller } from '@beseda/history'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { foldText } from '@beseda/rules'
import type { GroupCommands } from '../../groups/application/group-commands.js'
import type { GroupReader } from '../../groups/application/ports.js'
import type { MemberRecord } from '../../groups/application/records.js'
import type { Administrators, GroupDirectoryReader, ListedGroup } from './ports.js'

/** A group as administrators see it. */
export interface DirectoryEntry extends ListedGroup {
  readonly members: readonly MemberRecord[]
  /** Unix ms; 0: nothing was said. */
  readonly lastActivity: number
}

export interface DirectoryPage {
  /** Newest first. */
  readonly entries: readonly DirectoryEntry[]
  /** Number after which the next page begins; 0: there is none. */
  readonly next: number
  readonly total: number
}

/** What administrators of the installation see of groups and may do to them: never what is said, and nothing of direct chats. */
export class GroupDirectory {
  constructor(
    private readonly reader: GroupDirectoryReader,
    private readonly groups: Pick<GroupReader, 'members'>,
    private readonly commands: Pick<GroupCommands, 'requireShared' | 'setArchived' | 'close'>,
    private readonly administrators: Administrators,
  ) {}

  /** Groups whose names contain the query. `after` 0: the newest. Errors: NOT_PERMITTED. */
  async list(query: string, after: number, limit: number, userId: string, signal: AbortSignal): Promise<DirectoryPage> {
    await this.administrators.require(userId, signal)
    const wanted = foldText(query)
    const before = after || Number.MAX_SAFE_INTEGER
    const listed = this.reader.before(before, wanted === '' ? limit + 1 : undefined)
    const found = listed.filter(({ group }) => wanted === '' || foldText(group.name).includes(wanted))
    const entries = found.slice(0, limit).map((one) => this.#entry(one))
    const next = found.length > limit ? (entries.at(-1)?.number ?? 0) : 0
    return { entries, next, total: this.reader.count() }
  }

  /** Errors: NOT_PERMITTED, GROUP_NOT_FOUND, DIRECT_CHAT. */
  async setArchived(groupId: string, archived: boolean, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId, caller.signal)
    await this.commands.requireShared(groupId, caller)
    const action = archived ? AdministratorAction.ARCHIVE_GROUP : AdministratorAction.UNARCHIVE_GROUP
    await this.administrators.record(action, caller, { groupId })
    await this.commands.setArchived(groupId, archived, caller)
  }

  /** A repeated command is answered although the group is gone. Errors: NOT_PERMITTED, GROUP_NOT_FOUND, DIRECT_CHAT. */
  async remove(groupId: string, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId, caller.signal)
    await this.commands.requireShared(groupId, caller)
    await this.administrators.record(AdministratorAction.DELETE_GROUP, caller, { groupId })
    await this.commands.close(groupId, caller)
  }

  #entry(listed: ListedGroup): DirectoryEntry {
    const { id } = listed.group
    return { ...listed, members: this.groups.members(id), lastActivity: this.reader.lastActivity(id) }
  }
}
