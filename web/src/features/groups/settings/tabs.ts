import { Permission } from '@beseda/proto/common/v1/permissions'
import { roleAllows } from '@beseda/rules'
import type { Conversation } from '../../../sync/model/model.js'

/** The tabs of a group's settings, and the right each one needs. */
const TABS = [
  { name: 'overview', permission: Permission.CHANGE_INFO },
  { name: 'rules', permission: Permission.CHANGE_SETTINGS },
  { name: 'permissions', permission: Permission.CHANGE_PERMISSIONS },
  { name: 'requests', permission: Permission.APPROVE_JOINS },
  { name: 'bans', permission: Permission.BAN_MEMBERS },
  { name: 'webhooks', permission: Permission.MANAGE_WEBHOOKS },
  { name: 'audit', permission: Permission.READ_AUDIT },
  { name: 'export', permission: Permission.EXPORT },
  { name: 'danger', permission: Permission.DELETE_GROUP },
] as const
export type SettingsTab = (typeof TABS)[number]['name']

/** In an archived group nothing changes but who is kept out, and the archive itself. */
const IN_ARCHIVE: readonly SettingsTab[] = ['bans', 'audit', 'export', 'danger']

/** The tabs that a person can use in this conversation: the owner may have given members some rights, or admins fewer. */
export const settingsTabs = ({
  kind,
  settings,
  role,
  archived,
}: Pick<Conversation, 'kind' | 'settings' | 'role' | 'archived'>): SettingsTab[] =>
  TABS.filter(({ name }) => !archived || IN_ARCHIVE.includes(name))
    .filter(({ permission }) => roleAllows(permission, { kind, overrides: settings.permissions }, role))
    .map(({ name }) => name)
