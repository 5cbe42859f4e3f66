import { Permission } from '@beseda/proto/common/v1/permissions'
import { mentionsIn } from '@beseda/rules'
import { peopleIn } from '@beseda/rules/audit'
import type { Access } from '../../groups/application/access.js'
import type { People } from '../../groups/application/ports.js'
import type { AuditPage, CallPage, ExportEntry, ExportPart, HistoryReader, SystemPage } from './ports.js'

/** People that one request to the directory may name. */
const MAX_NAMES = 1_000

/** What members ask about the history of their group. */
export class HistoryQueries {
  constructor(
    private readonly access: Access,
    private readonly reader: HistoryReader,
    private readonly people: Pick<People, 'names'>,
  ) {}

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  audit(
    groupId: string,
    userId: string,
    { beforeSeq, limit, minSeq }: { readonly beforeSeq: number; readonly limit: number; readonly minSeq: number },
    signal: AbortSignal,
  ): Promise<AuditPage> {
    return this.access.permitted(Permission.READ_AUDIT, groupId, userId, minSeq, signal, () =>
      this.reader.audit(groupId, beforeSeq, limit),
    )
  }

  /** For every member. Errors: NOT_A_MEMBER. */
  calls(
    groupId: string,
    userId: string,
    { beforeSeq, limit, minSeq }: { readonly beforeSeq: number; readonly limit: number; readonly minSeq: number },
    signal: AbortSignal,
  ): Promise<CallPage> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      this.reader.calls(groupId, reader.hiddenBefore, beforeSeq, limit),
    )
  }

  /** For every member. Errors: NOT_A_MEMBER. */
  systemEvents(
    groupId: string,
    userId: string,
    { beforeSeq, limit, minSeq }: { readonly beforeSeq: number; readonly limit: number; readonly minSeq: number },
    signal: AbortSignal,
  ): Promise<SystemPage> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      this.reader.systemEvents(groupId, reader.hiddenBefore, beforeSeq, limit),
    )
  }

  /** A part of everything, as this person may see it, with the group's name. Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  export(
    groupId: string,
    userId: string,
    afterSeq: number,
    signal: AbortSignal,
  ): Promise<ExportPart & { readonly name: string }> {
    return this.access.permitted(Permission.EXPORT, groupId, userId, 0, signal, ({ group, reader }) => ({
      name: group.name,
      ...this.reader.export(groupId, reader, afterSeq),
    }))
  }

  /** Names for those who said or did something, and those to whom it was said or done; undefined: the account is deleted. */
  async names(entries: readonly ExportEntry[], signal: AbortSignal): Promise<(userId: string) => string | undefined> {
    const ids = new Set(
      entries.flatMap((entry) => ('message' in entry ? peopleOf(entry.message) : peopleIn(entry.event))),
    )
    const names = await this.people.names([...ids].filter((id) => id !== '').slice(0, MAX_NAMES), signal)
    return (userId) => names.get(userId)
  }
}

const peopleOf = ({ authorId, text }: { readonly authorId: string; readonly text: string }): string[] => [
  authorId,
  ...mentionsIn(text).userIds,
]
