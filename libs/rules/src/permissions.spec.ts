import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { describe, expect, test } from 'vitest'
import { isAdmin, leastRole, mayDo, OVERRIDABLE, PERMISSIONS, permit, refuseMuted, roleAllows } from './permissions.js'

const { MEMBER, ADMIN, OWNER } = Role
const ROLES = [undefined, MEMBER, ADMIN, OWNER]

/** The table written by hand: permission, least role in a direct chat, a group and a channel, whether it outranks, and whether a muted member may. */
const TABLE: readonly [Permission, Role | undefined, Role, Role, boolean, boolean][] = [
  [Permission.POST, MEMBER, MEMBER, MEMBER, false, false],
  [Permission.MENTION_ALL, undefined, MEMBER, ADMIN, false, false],
  [Permission.PIN, MEMBER, MEMBER, ADMIN, false, false],
  [Permission.START_CALL, MEMBER, MEMBER, ADMIN, false, false],
  [Permission.ADD_MEMBERS, undefined, MEMBER, ADMIN, false, false],
  [Permission.INVITE, undefined, MEMBER, ADMIN, false, false],
  [Permission.CHANGE_INFO, undefined, ADMIN, ADMIN, false, false],
  [Permission.INVITE_ADMINS, undefined, OWNER, OWNER, false, false],
  [Permission.REVOKE_INVITES, undefined, ADMIN, ADMIN, false, true],
  [Permission.APPROVE_JOINS, undefined, ADMIN, ADMIN, false, true],
  [Permission.REMOVE_MEMBERS, undefined, ADMIN, ADMIN, true, true],
  [Permission.BAN_MEMBERS, undefined, ADMIN, ADMIN, true, true],
  [Permission.MUTE_MEMBERS, undefined, ADMIN, ADMIN, true, true],
  [Permission.DELETE_MESSAGES, undefined, ADMIN, ADMIN, true, true],
  [Permission.CHANGE_ROLES, undefined, OWNER, OWNER, true, true],
  [Permission.TRANSFER_OWNERSHIP, undefined, OWNER, OWNER, true, true],
  [Permission.CHANGE_SETTINGS, undefined, ADMIN, ADMIN, false, true],
  [Permission.CHANGE_PERMISSIONS, undefined, OWNER, OWNER, false, true],
  [Permission.MANAGE_WEBHOOKS, undefined, ADMIN, ADMIN, false, false],
  [Permission.READ_AUDIT, undefined, ADMIN, ADMIN, false, true],
  [Permission.EXPORT, MEMBER, ADMIN, ADMIN, false, true],
  [Permission.ARCHIVE, undefined, OWNER, OWNER, false, true],
  [Permission.DELETE_GROUP, undefined, OWNER, OWNER, false, true],
  [Permission.RECORD_CALL, MEMBER, MEMBER, ADMIN, false, false],
  [Permission.MANAGE_SCHEDULE, MEMBER, ADMIN, ADMIN, false, false],
]

test('every permission of the contract is in the table', () => {
  expect(TABLE.map(([permission]) => permission)).toEqual(PERMISSIONS)
})

test('admins and the owner are in charge of the group', () => {
  expect(ROLES.map(isAdmin)).toEqual([false, false, true, true])
})

test('what needs no permission is refused only while the member is muted', () => {
  expect(() => refuseMuted({ mutedUntil: 5 }, 4)).toThrow(expect.objectContaining({ reason: ErrorReason.MUTED }))
  refuseMuted({ mutedUntil: 5 }, 5)
})

describe.each(TABLE.map((row) => [Permission[row[0]], ...row] as const))(
  '%s',
  (_, permission, direct, group, channel, outranks, whileMuted) => {
    const kinds: [GroupKind, Role | undefined][] = [
      [GroupKind.DIRECT, direct],
      [GroupKind.GROUP, group],
      [GroupKind.CHANNEL, channel],
    ]
    test.each(kinds.map(([kind, least]) => [GroupKind[kind], kind, least] as const))('in a %s', (_, kind, least) => {
      for (const role of ROLES) {
        const allowed = role !== undefined && least !== undefined && role >= least
        expect(roleAllows(permission, { kind }, role)).toBe(allowed)
        for (const target of ROLES) {
          const above = !outranks || (role !== undefined && (target ?? 0) < role)
          expect(roleAllows(permission, { kind }, role, { role: target })).toBe(allowed && above)
        }
      }
    })

    test('a mute stops it unless the contract says otherwise, until the mute ends', () => {
      const scope = { kind: GroupKind.GROUP }
      const muted = { role: OWNER, mutedUntil: 2_000 }
      expect([1_999, 2_000].map((now) => mayDo(permission, scope, muted, now))).toEqual([whileMuted, true])
      const ask = () => permit(permission, scope, muted, 1_999)
      if (whileMuted) ask()
      else expect(ask).toThrow(expect.objectContaining({ reason: ErrorReason.MUTED, retryAfterMs: 1 }))
      permit(permission, scope, muted, 2_000)
    })

    test('is refused as not permitted where the role does not allow it, muted or not', () => {
      const stranger = { role: undefined, mutedUntil: 2_000 }
      const ask = () => permit(permission, { kind: GroupKind.GROUP }, stranger, 0)
      expect(ask).toThrow(expect.objectContaining({ reason: ErrorReason.NOT_PERMITTED }))
      expect(mayDo(permission, { kind: GroupKind.GROUP }, { ...stranger, mutedUntil: 0 }, 0)).toBe(false)
    })

    test('follows the group only where the contract allows it', () => {
      const overrides = [{ permission, leastRole: OWNER }]
      const changed = leastRole(permission, { kind: GroupKind.GROUP, overrides })
      expect(changed).toBe(OVERRIDABLE.includes(permission) ? OWNER : group)
      expect(leastRole(permission, { kind: GroupKind.DIRECT, overrides })).toBe(direct)
    })
  },
)
