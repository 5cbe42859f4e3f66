import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission, PermissionOverrideSchema } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { MEMBER_LIMIT, rosterChanges } from '@beseda/rules'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GroupCommand, groupDecider } from './group.js'

const given = aggregate(groupDecider)
const found = (change: Partial<Extract<GroupCommand, { type: 'Create' }>> = {}) =>
  ({
    type: 'Create',
    kind: GroupKind.GROUP,
    name: 'Chess',
    topic: '',
    founderId: 'a',
    memberIds: ['b'],
    ...change,
  }) as const
const founded = groupDecider.decide(found(), undefined)
const direct = groupDecider.decide(found({ kind: GroupKind.DIRECT }), undefined)

describe('founding', () => {
  test('makes the group with all its people in one event', () => {
    const [event] = given([])
      .when(found({ name: '  Chess   club ' }))
      .events()
    expect(event?.value).toMatchObject({ name: 'Chess club', ownerId: 'a', memberIds: ['a', 'b'] })
  })

  test('the founder is counted once', () => {
    const [event] = given([])
      .when(found({ memberIds: ['a', 'b'] }))
      .events()
    expect(event?.value).toMatchObject({ memberIds: ['a', 'b'] })
  })

  test('a direct chat is two people without owner, name or topic', () => {
    const [event] = given([])
      .when(found({ kind: GroupKind.DIRECT, topic: 'x' }))
      .events()
    expect(event?.value).toMatchObject({ name: '', topic: '', ownerId: '', memberIds: ['a', 'b'] })
    given([])
      .when(found({ kind: GroupKind.DIRECT, memberIds: ['a'] }))
      .refused(ErrorReason.INVALID_REQUEST)
    given([])
      .when(found({ kind: GroupKind.DIRECT, memberIds: ['b', 'c'] }))
      .refused(ErrorReason.GROUP_FULL)
  })

  test('no kind is ever founded beyond its limit, and never without exactly one owner', () => {
    const kinds = fc.constantFrom(GroupKind.DIRECT, GroupKind.GROUP, GroupKind.CHANNEL)
    fc.assert(
      fc.property(kinds, fc.integer({ min: 0, max: 1100 }), (kind, others) => {
        const memberIds = Array.from({ length: others }, (_, i) => `u${i}`)
        let changes: ReturnType<typeof rosterChanges> = []
        try {
          changes = groupDecider.decide(found({ kind, memberIds }), undefined).flatMap(rosterChanges)
        } catch {
          expect(kind === GroupKind.DIRECT ? others !== 1 : others + 1 > MEMBER_LIMIT[kind]).toBe(true)
          return
        }
        expect(changes.length).toBeLessThanOrEqual(MEMBER_LIMIT[kind])
        const owners = changes.filter(({ role }) => role === Role.OWNER)
        expect(owners).toHaveLength(kind === GroupKind.DIRECT ? 0 : 1)
      }),
    )
  })

  test('a blank name is refused; founding twice changes nothing', () => {
    given([])
      .when(found({ name: '  ' }))
      .refused(ErrorReason.INVALID_REQUEST)
    given(founded).when(found()).yields([])
  })
})

/** A command of a member who is not muted. */
const by = (role: Role | undefined, mutedUntil = 0) => ({ role, mutedUntil, now: 0 })
const settingsBy = (role: Role, settings: MessageInitShape<typeof GroupSettingsSchema>): GroupCommand => ({
  type: 'Update',
  ...by(role),
  update: { settings: create(GroupSettingsSchema, settings) },
})
const permission = (which: Permission, leastRole: Role) =>
  create(PermissionOverrideSchema, { permission: which, leastRole })

describe('changing', () => {
  test('admins and the owner rename; only what differs is written', () => {
    const update = { type: 'Update', ...by(Role.ADMIN), update: { name: 'Go', topic: '' } } as const
    expect(given(founded).when(update).events()[0]?.value).toMatchObject({ name: 'Go' })
    expect(given(founded).when(update).state()).toMatchObject({ name: 'Go', topic: '', kind: GroupKind.GROUP })
    given(founded)
      .when({ ...update, update: { name: 'Chess', topic: '' } })
      .yields([])
  })

  test.each<[GroupCommand, ErrorReason]>([
    [{ type: 'Update', ...by(Role.MEMBER), update: { name: 'x' } }, ErrorReason.NOT_PERMITTED],
    [{ type: 'Update', ...by(undefined), update: { name: 'x' } }, ErrorReason.NOT_A_MEMBER],
    [{ type: 'Update', ...by(Role.OWNER), update: { name: ' ' } }, ErrorReason.INVALID_REQUEST],
    [{ type: 'Delete', ...by(Role.ADMIN) }, ErrorReason.NOT_PERMITTED],
    [{ type: 'Delete', ...by(undefined) }, ErrorReason.NOT_A_MEMBER],
  ])('%o is refused', (command, reason) => given(founded).when(command).refused(reason))

  test('a muted admin neither renames the group nor makes a webhook, and still changes its settings', () => {
    const muted = by(Role.ADMIN, 1)
    for (const command of [
      { type: 'Update', update: { name: 'x' } } as const,
      { type: 'CreateWebhook', webhookId: 'w', name: 'CI', tokenHash: new Uint8Array(1) } as const,
    ]) {
      given(founded)
        .when({ ...command, ...muted })
        .refused(ErrorReason.MUTED)
      expect(
        given(founded)
          .when({ ...command, ...muted, now: 1 })
          .events(),
      ).toHaveLength(1)
    }
    const slower = { ...settingsBy(Role.ADMIN, { slowModeS: 5 }), mutedUntil: 1 }
    expect(given(founded).when(slower).events()).toHaveLength(1)
  })

  test.each<[string, GroupCommand, ErrorReason]>([
    ['a member changes nothing', settingsBy(Role.MEMBER, { slowModeS: 5 }), ErrorReason.NOT_PERMITTED],
    [
      'an admin does not change who may what',
      settingsBy(Role.ADMIN, { permissions: [permission(Permission.POST, Role.ADMIN)] }),
      ErrorReason.NOT_PERMITTED,
    ],
    [
      'not every permission can be changed',
      settingsBy(Role.OWNER, { permissions: [permission(Permission.DELETE_GROUP, Role.MEMBER)] }),
      ErrorReason.INVALID_REQUEST,
    ],
    [
      'only the owner archives',
      { type: 'Update', ...by(Role.ADMIN), update: { archived: true } },
      ErrorReason.NOT_PERMITTED,
    ],
  ])('%s', (_, command, reason) => given(founded).when(command).refused(reason))

  test('settings are kept in one form, and the same settings are no change', () => {
    const permissions = [permission(Permission.PIN, Role.ADMIN), permission(Permission.POST, Role.ADMIN)]
    const first = given(founded).when(settingsBy(Role.OWNER, { permissions, slowModeS: 5 }))
    const { settings } = first.state() ?? {}
    expect(settings?.permissions.map((one) => one.permission)).toEqual([Permission.POST, Permission.PIN])
    given([...founded, ...first.events()])
      .when(settingsBy(Role.OWNER, { permissions: permissions.toReversed(), slowModeS: 5 }))
      .yields([])
  })

  test('an archived group is only brought back', () => {
    const archived = [
      ...founded,
      ...given(founded)
        .when({ type: 'Update', ...by(Role.OWNER), update: { archived: true } })
        .events(),
    ]
    given(archived)
      .when({ type: 'Update', ...by(Role.OWNER), update: { name: 'x' } })
      .refused(ErrorReason.ARCHIVED)
    const back = given(archived).when({ type: 'Update', ...by(Role.OWNER), update: { archived: false, name: 'x' } })
    expect(back.state()).toMatchObject({ archived: false, name: 'x' })
  })

  test('a direct chat is neither renamed nor deleted', () => {
    given(direct)
      .when({ type: 'Update', ...by(Role.MEMBER), update: { name: 'x' } })
      .refused(ErrorReason.DIRECT_CHAT)
    given(direct)
      .when({ type: 'Delete', ...by(Role.MEMBER) })
      .refused(ErrorReason.DIRECT_CHAT)
  })

  test('after deletion nothing is possible', () => {
    const deletion = given(founded).when({ type: 'Delete', ...by(Role.OWNER) })
    expect(deletion.state()).toMatchObject({ deleted: true })
    given([...founded, ...deletion.events()])
      .when({ type: 'Delete', ...by(Role.OWNER) })
      .refused(ErrorReason.GROUP_DELETED)
  })
})
