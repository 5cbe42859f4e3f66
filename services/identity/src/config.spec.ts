import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import { expect, test } from 'vitest'
import { readIdentityConfig } from './config.js'

const folder = mkdtempSync(join(tmpdir(), 'beseda-identity-config-'))
let files = 0
function fileOf(content: unknown): string {
  const file = join(folder, `${++files}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const GROUPS = { groups: { claim: 'groups', members: ['staff'] } }
const provider = { id: 'works', name: 'Works', issuer: 'https://id.example.org', clientId: 'beseda' }
const PUBLIC_URL = 'https://chat.example.org'

test('nothing has to be set', () => {
  const oidc = { providers: [], redirectUri: '', allowHttp: false }
  const unset = {
    publicUrl: undefined,
    administrators: [],
    adminSecondFactor: false,
    registration: undefined,
    mail: false,
  }
  expect(readIdentityConfig({})).toEqual({ ...unset, oidc })
  expect(readIdentityConfig({ MAIL: 'true' }).mail).toBe(true)
  expect(readIdentityConfig({ PUBLIC_URL: '', ADMINS: '' }).publicUrl).toBeUndefined()
})

test('administrators need a second factor where the operator says so', () => {
  expect(readIdentityConfig({ ADMIN_SECOND_FACTOR: 'true' }).adminSecondFactor).toBe(true)
  expect(() => readIdentityConfig({ ADMIN_SECOND_FACTOR: 'yes' })).toThrow('ADMIN_SECOND_FACTOR')
})

test('administrators are named with commas, in any case and with any spaces', () => {
  expect(readIdentityConfig({ ADMINS: ' Ann, ,boris,' }).administrators).toEqual(['ann', 'boris'])
})

test('the rule of registration is one of four, and oidc needs a provider', () => {
  expect(readIdentityConfig({ REGISTRATION: '' }).registration).toBeUndefined()
  expect(readIdentityConfig({ REGISTRATION: 'closed' }).registration).toBe(RegistrationRule.CLOSED)
  expect(() => readIdentityConfig({ REGISTRATION: 'Closed' })).toThrow('open, invite, closed or oidc, not "Closed"')
  expect(() => readIdentityConfig({ REGISTRATION: 'toString' })).toThrow('not "toString"')
  expect(() => readIdentityConfig({ REGISTRATION: 'oidc' })).toThrow('needs OIDC_PROVIDERS_FILE')
})

test('providers are read from their file, and send the browser back to this installation', () => {
  const { oidc } = readIdentityConfig({ PUBLIC_URL, OIDC_PROVIDERS_FILE: fileOf([provider]), OIDC_ALLOW_HTTP: 'true' })
  const redirectUri = 'https://chat.example.org/sign-in/done'
  expect(oidc).toEqual({ providers: [provider], redirectUri, allowHttp: true })
})

test('providers need the address of the installation', () => {
  expect(() => readIdentityConfig({ OIDC_PROVIDERS_FILE: fileOf([provider]) })).toThrow('needs PUBLIC_URL')
})

test.each([
  ['no list', provider],
  ['an id that does not fit an address', [{ ...provider, id: 'Works!' }]],
  ['no issuer', [{ ...provider, issuer: 'works' }]],
  ['no name', [{ ...provider, name: '' }]],
  ['a key that is misspelt', [{ ...provider, group: { claim: 'groups', members: ['staff'] } }]],
  ['an id twice', [provider, { ...provider, issuer: 'https://other.example.org' }]],
  ['one issuer and other groups', [provider, { ...provider, id: 'all', issuer: `${provider.issuer}/`, ...GROUPS }]],
  ['groups without a claim', [{ ...provider, groups: { members: ['staff'] } }]],
  ['groups that say nothing', [{ ...provider, groups: { claim: 'groups' } }]],
  ['a list of groups that is misspelt', [{ ...provider, groups: { claim: 'groups', member: ['staff'] } }]],
  ['a list of groups with nothing in it', [{ ...provider, groups: { claim: 'groups', members: [] } }]],
  ['a group that is no name', [{ ...provider, groups: { claim: 'groups', administrators: [1] } }]],
  ['no client id', [{ ...provider, clientId: undefined }]],
  ['no object', [null]],
])('a file with %s is refused with its name', (_, content) => {
  const file = fileOf(content)
  expect(() => readIdentityConfig({ PUBLIC_URL, OIDC_PROVIDERS_FILE: file })).toThrow(file)
})
