import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'

/** What notifications need to know of a group. Undefined `facts`: it does not exist, or was deleted. */
export interface Group {
  readonly facts: GroupFacts | undefined
  readonly members: ReadonlyMap<string, Role>
}

export interface GroupFacts {
  readonly kind: GroupKind
  /** Empty for a direct chat. */
  readonly name: string
  readonly archived: boolean
}

export type GroupChange =
  | { readonly kind: 'created'; readonly groupKind: GroupKind; readonly name: string }
  | { readonly kind: 'updated'; readonly name: string | undefined; readonly archived: boolean | undefined }
  | { readonly kind: 'deleted' }
  /** A new member, or another role; undefined: no longer a member. */
  | { readonly kind: 'member'; readonly userId: string; readonly role: Role | undefined }

/** What an event of the lanes `group` and `roster` changes. */
export function changesOf(body: Event['body']): readonly GroupChange[] {
  const members = rosterChanges(body).map(({ userId, role }): GroupChange => ({ kind: 'member', userId, role }))
  switch (body.case) {
    case 'groupCreated':
      return [{ kind: 'created', groupKind: body.value.kind, name: body.value.name }, ...members]
    case 'groupUpdated':
      return [{ kind: 'updated', name: body.value.name, archived: body.value.archived }, ...members]
    case 'groupDeleted':
      return [{ kind: 'deleted' }, ...members]
    default:
      return members
  }
}

export const NO_GROUP: Group = { facts: undefined, members: new Map() }

/** Nothing changes a group before its creation or after its deletion. */
export function apply(group: Group, change: GroupChange): Group {
  const { facts, members } = group
  if (change.kind === 'created') {
    return facts ? group : { facts: { kind: change.groupKind, name: change.name, archived: false }, members }
  }
  if (!facts) return group
  switch (change.kind) {
    case 'updated': {
      const { name = facts.name, archived = facts.archived } = change
      return { facts: { ...facts, name, archived }, members }
    }
    case 'deleted':
      return NO_GROUP
    case 'member': {
      const next = new Map(members)
      if (change.role === undefined) next.delete(change.userId)
      else next.set(change.userId, change.role)
      return { facts, members: next }
    }
  }
}

export const groupFold = {
  initialState: NO_GROUP,
  evolve: (group: Group, body: Event['body']): Group => changesOf(body).reduce(apply, group),
}
