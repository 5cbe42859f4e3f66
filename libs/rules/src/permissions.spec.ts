import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { describe, expect, test } from 'vitest'
import { isAdmin, leastRole, mayDo, OVERRIDABLE, PERMISSIONS } from './permissions.js'

const { MEMBER, ADMIN, OWNER } = Role
const ROLES = [undefined, MEMBER, ADMIN, OWNER]

/** The table written by hand: permission, least role in a direct chat, a group and a channel, and whether it outranks. */
const TABLE: readonly [Permission, Role | undefined, Role, Role, boolean][] = [
  [Permission.POST, MEMBER, MEMBER, MEMBER, false],
  [Permission.MENTION_ALL, undefined, MEMBER, ADMIN, false],
  [Permission.PIN, MEMBER, MEMBER, ADMIN, false],
  [Permission.START_CALL, MEMBER, MEMBER, ADMIN, false],
  [Permission.ADD_MEMBERS, undefined, MEMBER, ADMIN, false],
  [Permission.INVITE, undefined, MEMBER, ADMIN, false],
  [Permission.CHANGE_INFO, undefined, ADMIN, ADMIN, false],
  [Permission.INVITE_ADMINS, undefined, OWNER, OWNER, false],
  [Permission.REVOKE_INVITES, undefined, ADMIN, ADMIN, false],
  [Permission.APPROVE_JOINS, undefined, ADMIN, ADMIN, false],
  [Permission.REMOVE_MEMBERS, undefined, ADMIN, ADMIN, true],
  [Permission.BAN_MEMBERS, undefined, ADMIN, ADMIN, true],
  [Permission.MUTE_MEMBERS, undefined, ADMIN, ADMIN, true],
  [Permission.DELETE_MESSAGES, undefined, ADMIN, ADMIN, true],
  [Permission.CHANGE_ROLES, undefined, OWNER, OWNER, true],
  [Permission.TRANSFER_OWNERSHIP, undefined, OWNER, OWNER, true],
  [Permission.CHANGE_SETTINGS, undefined, ADMIN, ADMIN, false],
  [Permission.CHANGE_PERMISSIONS, undefined, OWNER, OWNER, false],
  [Permission.MANAGE_WEBHOOKS, undefined, ADMIN, ADMIN, false],
  [Permission.READ_AUDIT, undefined, ADMIN, ADMIN, false],
  [Permission.EXPORT, MEMBER, ADMIN, ADMIN, false],
  [Permission.ARCHIVE, undefined, OWNER, OWNER, false],
  [Permission.DELETE_GROUP, undefined, OWNER, OWNER, false],
]

test('every permission of the contract is in the table', () => {
  expect(TABLE.map(([permission]) => permission)).toEqual(PERMISSIONS)
})

test('admins and the owner are in charge of the group', () => {
  expect(ROLES.map(isAdmin)).toEqual([false, false, true, true])
})

describe.each(TABLE)('permission %i', (permission, direct, group, channel, outranks) => {
  const kinds: [GroupKind, Role | undefined][] = [
    [GroupKind.DIRECT, direct],
    [GroupKind.GROUP, group],
    [GroupKind.CHANNEL, channel],
  ]
  test.each(kinds)('in a group of kind %i', (kind, least) => {
    for (const role of ROLES) {
      const allowed = role !== undefined && least !== undefined && role >= least
      expect(mayDo(permission, { kind }, role)).toBe(allowed)
      for (const target of ROLES) {
        const above = !outranks || (role !== undefined && (target ?? 0) < role)
        expect(mayDo(permission, { kind }, role, { role: target })).toBe(allowed && above)
      }
    }
  })

  test('follows the group only where the contract allows it', () => {
    const overrides = [{ permission, leastRole: OWNER }]
    const changed = leastRole(permission, { kind: GroupKind.GROUP, overrides })
    expect(changed).toBe(OVERRIDABLE.includes(permission) ? OWNER : group)
    expect(leastRole(permission, { kind: GroupKind.DIRECT, overrides })).toBe(direct)
  })
})
