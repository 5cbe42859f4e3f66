import { expect, test } from 'vitest'
import { type GroupRules, providerRoles } from './provider-roles.js'

const rules: GroupRules = { claim: 'groups', administrators: ['admins', 'root'], members: ['staff', 'admins'] }
const roles = (claims: Record<string, unknown>, change: Partial<GroupRules> = {}) => {
  const { maySignIn, isAdministrator } = providerRoles(claims, { ...rules, ...change })
  return [maySignIn, isAdministrator]
}

test('without rules everybody signs in, and nothing is said about administrators', () => {
  expect(providerRoles({ groups: ['admins'] }, undefined)).toEqual({ maySignIn: true, isAdministrator: undefined })
})

test.each<[string, Record<string, unknown>, [boolean, boolean]]>([
  ['a member', { groups: ['staff', 'cooks'] }, [true, false]],
  ['an administrator', { groups: ['admins'] }, [true, true]],
  ['one group as a text', { groups: 'admins' }, [true, true]],
  ['an administrator who is no member', { groups: ['root'] }, [false, true]],
  ['another group', { groups: ['cooks'] }, [false, false]],
  ['a name that only begins so', { groups: ['admins2', 'staff '] }, [false, false]],
  ['names within one text', { groups: 'staff admins' }, [false, false]],
  ['no claim', {}, [false, false]],
  ['an empty list', { groups: [] }, [false, false]],
  ['no list', { groups: { admins: true } }, [false, false]],
  ['a list of lists', { groups: [['admins']] }, [false, false]],
])('%s', (_, claims, expected) => expect(roles(claims)).toEqual(expected))

test('a claim may be inside another one, and a name with dots goes before a path', () => {
  const claim = 'realm_access.roles'
  expect(roles({ realm_access: { roles: ['admins'] } }, { claim })).toEqual([true, true])
  expect(roles({ realm_access: { roles: ['admins'] }, [claim]: ['staff'] }, { claim })).toEqual([true, false])
  expect(roles({ realm_access: 'admins' }, { claim })).toEqual([false, false])
  for (const inherited of ['constructor', '__proto__', 'realm_access.constructor.name']) {
    expect(roles({ realm_access: {} }, { claim: inherited, members: ['Object'] })).toEqual([false, false])
  }
})

test('what has no list is not decided by the provider', () => {
  expect(providerRoles({}, { claim: 'groups' })).toEqual({ maySignIn: true, isAdministrator: undefined })
})
