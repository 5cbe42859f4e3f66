import type { GroupHistory } from '@beseda/history'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Access } from '../../groups/application/access.js'
import type { People } from '../../groups/application/group-commands.js'
import { auditPage } from '../adapters/views/audit-view.js'
import { callPage } from '../adapters/views/call-record-view.js'
import { type Entry, exportEntries, peopleIn } from '../adapters/views/export-reader.js'

/** People one request to the directory may name. */
const MAX_NAMES = 1_000

/** The history of a group for those who answer for it. */
export class HistoryReaders {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly people: Pick<People, 'names'>,
  ) {}

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  audit(groupId: string, userId: string, beforeSeq: number, limit: number, minSeq: number, signal: AbortSignal) {
    return this.access.permitted(Permission.READ_AUDIT, groupId, userId, minSeq, signal, () =>
      auditPage(this.history.view, groupId, beforeSeq, limit),
    )
  }

  /** For every member. Errors: NOT_A_MEMBER. */
  calls(groupId: string, userId: string, beforeSeq: number, limit: number, minSeq: number, signal: AbortSignal) {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      callPage(this.history.view, groupId, reader.hiddenBefore, beforeSeq, limit),
    )
  }

  /** A piece of everything, as this person may see it. Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  export(groupId: string, userId: string, afterSeq: number, signal: AbortSignal) {
    return this.access.permitted(Permission.EXPORT, groupId, userId, 0, signal, ({ group, reader }) => ({
      name: group.name,
      ...exportEntries(this.history.view, groupId, reader, afterSeq),
    }))
  }

  /** Names for those who said or did something; people whose account is gone keep their id. */
  async names(entries: readonly Entry[], signal: AbortSignal): Promise<(userId: string) => string> {
    const names = await this.people.names(peopleIn(entries).slice(0, MAX_NAMES), signal)
    return (userId) => names.get(userId) ?? userId
  }
}
