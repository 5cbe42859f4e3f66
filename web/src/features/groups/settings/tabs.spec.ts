import { Permission, PermissionOverrideSchema } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { settingsTabs } from './tabs.js'

const tabs = (role: Role, leastForInfo = Role.ADMIN, archived = false) => {
  const override = create(PermissionOverrideSchema, { permission: Permission.CHANGE_INFO, leastRole: leastForInfo })
  return settingsTabs({
    kind: GroupKind.GROUP,
    role,
    archived,
    settings: create(GroupSettingsSchema, { permissions: [override] }),
  })
}

test('each role sees the tabs that the owner’s settings allow', () => {
  expect(tabs(Role.MEMBER)).toEqual([])
  expect(tabs(Role.MEMBER, Role.MEMBER)).toEqual(['overview'])
  expect(tabs(Role.ADMIN, Role.OWNER)).toEqual(['rules', 'requests', 'bans', 'webhooks', 'audit', 'export'])
  expect(tabs(Role.OWNER)).toHaveLength(9)
})

test('an archived group is as it was: only who is kept out can change, and the archive itself', () => {
  expect(tabs(Role.OWNER, Role.ADMIN, true)).toEqual(['bans', 'audit', 'export', 'danger'])
  expect(tabs(Role.ADMIN, Role.ADMIN, true)).toEqual(['bans', 'audit', 'export'])
})
