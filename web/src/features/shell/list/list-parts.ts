import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Arrangement } from '../../../sync/model/arrangement.js'
import type { ReadMark } from '../../../sync/model/model.js'
import { isUnread } from '../../../sync/model/read-mark.js'

/** The list of conversations as it is shown. Pure. */

export const FILTERS = ['all', 'unread', 'mentions', 'direct', 'groups'] as const
export type Filter = (typeof FILTERS)[number]

interface Listed {
  readonly id: string
  readonly kind: GroupKind
  readonly read: Pick<ReadMark, 'unread' | 'mentions' | 'markedUnread'>
}

export interface ListPart<T> {
  readonly key: string
  readonly kind: 'favourites' | 'section' | 'list' | 'archive'
  /** Of a section. */
  readonly name: string
  readonly rows: readonly T[]
}

/** There is something to read, or the person has marked it so. */
export const hasNew = ({ read }: Pick<Listed, 'read'>): boolean => isUnread(read) || read.mentions > 0

export function passes({ kind, read }: Listed, filter: Filter): boolean {
  switch (filter) {
    case 'unread':
      return hasNew({ read })
    case 'mentions':
      return read.mentions > 0
    case 'direct':
      return kind === GroupKind.DIRECT
    case 'groups':
      return kind !== GroupKind.DIRECT
    default:
      return true
  }
}

/**
 * The parts of the list, each in the order of `list`. A filter makes one part of all that passes it, without the archive; the open
 * conversation stays, so that it does not go away under the pointer when it has been read. Only sections are shown empty.
 */
export function partsOf<T extends Listed>(
  list: readonly T[],
  { sections, favouriteIds, archivedIds }: Arrangement,
  filter: Filter,
  openId: string | undefined,
): readonly ListPart<T>[] {
  const archived = new Set(archivedIds)
  const present = list.filter(({ id }) => !archived.has(id))
  if (filter !== 'all') {
    const rows = present.filter((one) => one.id === openId || passes(one, filter))
    return [{ key: 'list', kind: 'list', name: '', rows }]
  }
  const placed = new Map<string, string>()
  for (const id of favouriteIds) placed.set(id, 'favourites')
  for (const { id, groupIds } of sections) for (const groupId of groupIds) placed.set(groupId, id)
  const within = (key: string) => present.filter(({ id }) => (placed.get(id) ?? 'list') === key)
  const parts: ListPart<T>[] = [
    { key: 'favourites', kind: 'favourites', name: '', rows: within('favourites') },
    ...sections.map(({ id, name }): ListPart<T> => ({ key: id, kind: 'section', name, rows: within(id) })),
    { key: 'list', kind: 'list', name: '', rows: within('list') },
    { key: 'archive', kind: 'archive', name: '', rows: list.filter(({ id }) => archived.has(id)) },
  ]
  return parts.filter(({ kind, rows }) => kind === 'section' || rows.length > 0)
}
