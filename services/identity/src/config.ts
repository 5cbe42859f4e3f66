import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { type Environment, flag, readPublicUrl, token } from '@beseda/platform'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import type { GroupRules } from './domain/sign-in/provider-roles.js'

/** A provider of sign-in (OpenID Connect): one entry of OIDC_PROVIDERS_FILE. */
export interface ProviderConfig {
  /** In addresses: a-z, 0-9, dash. */
  readonly id: string
  /** Shown on the sign-in page. */
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly scope?: string
  readonly groups?: GroupRules
}

export interface IdentityConfig {
  /** Where people find this installation; undefined: not known. */
  readonly publicUrl: string | undefined
  /** User names of administrators, lower case (ADMINS). */
  readonly administrators: readonly string[]
  /** Administrators do nothing before they have a second factor (ADMIN_SECOND_FACTOR). */
  readonly adminSecondFactor: boolean
  /** Who may register (REGISTRATION); undefined: what administrators set. */
  readonly registration: RegistrationRule | undefined
  /** The installation sends mail (MAIL): people may have an address. */
  readonly mail: boolean
  readonly oidc: {
    readonly providers: readonly ProviderConfig[]
    /** Where a provider sends the browser back to. Empty without providers. */
    readonly redirectUri: string
    /** Also providers without TLS: for tests. */
    readonly allowHttp: boolean
  }
}

export const IDENTITY_CONFIG = token<IdentityConfig>('IdentityConfig')

/** Errors: a sentence that names the variable or file that is wrong. */
export function readIdentityConfig(env: Environment): IdentityConfig {
  const publicUrl = readPublicUrl(env)
  const administrators = (env.ADMINS ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || [])
  const oidc = readOidc(env, publicUrl)
  const registration = readRegistration(env, oidc.providers.length > 0)
  const adminSecondFactor = flag(env, 'ADMIN_SECOND_FACTOR', false)
  return { publicUrl, administrators, adminSecondFactor, registration, mail: flag(env, 'MAIL', false), oidc }
}

const RULES: Readonly<Record<string, RegistrationRule>> = {
  open: RegistrationRule.OPEN,
  invite: RegistrationRule.INVITE,
  closed: RegistrationRule.CLOSED,
  oidc: RegistrationRule.OIDC,
}

function readRegistration(env: Environment, hasProviders: boolean): RegistrationRule | undefined {
  const name = env.REGISTRATION
  if (!name) return undefined
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
  if (rule === undefined) throw new Error(`REGISTRATION must be open, invite, closed or oidc, not "${name}"`)
  if (rule === RegistrationRule.OIDC && !hasProviders) throw new Error('REGISTRATION=oidc needs OIDC_PROVIDERS_FILE')
  return rule
}

function readOidc(env: Environment, publicUrl: string | undefined): IdentityConfig['oidc'] {
  const file = env.OIDC_PROVIDERS_FILE
  const allowHttp = env.OIDC_ALLOW_HTTP === 'true'
  if (!file) return { providers: [], redirectUri: '', allowHttp }
  if (!publicUrl) throw new Error('OIDC_PROVIDERS_FILE needs PUBLIC_URL: the address of this installation')
  return { providers: readProviders(file), redirectUri: new URL('/sign-in/done', publicUrl).href, allowHttp }
}

function readProviders(file: string): readonly ProviderConfig[] {
  const entries: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(entries) || !entries.every(isProvider)) {
    throw new Error(
      `${file} must be a list of {"id", "name", "issuer", "clientId", "clientSecret"}; ids of a-z, 0-9, dash`,
    )
  }
  for (const entry of entries) requireKnown(file, entry)
  for (const [i, { id, issuer, groups }] of entries.entries()) {
    const before = entries.slice(0, i)
    if (before.some((other) => other.id === id)) throw new Error(`${file}: two providers have the id ${id}`)
    // They are the same people: one entry would let in whom the other refuses.
    const same = before.find((other) => URL.parse(other.issuer)?.href === URL.parse(issuer)?.href)
    if (same && !isDeepStrictEqual(same.groups, groups)) {
      throw new Error(`${file}: ${same.id} and ${id} have one issuer and other "groups"`)
    }
  }
  return entries
}

const KEYS = new Set(['id', 'name', 'issuer', 'clientId', 'clientSecret', 'scope', 'groups'])

/** Strict: rules that are misspelt would let everybody in. */
function requireKnown(file: string, entry: ProviderConfig): void {
  const unknown = Object.keys(entry).find((key) => !KEYS.has(key))
  if (unknown) throw new Error(`${file}: ${entry.id} has "${unknown}", which means nothing here`)
  if (entry.groups !== undefined && !isGroupRules(entry.groups)) {
    throw new Error(
      `${file}: "groups" of ${entry.id} must be {"claim", "administrators", "members"}, the lists not empty`,
    )
  }
}

function isGroupRules(groups: unknown): boolean {
  if (typeof groups !== 'object' || groups === null) return false
  const { claim, administrators, members, ...others } = groups as Record<string, unknown>
  const lists = [administrators, members].filter((list) => list !== undefined)
  const isName = (name: unknown) => typeof name === 'string' && name !== ''
  const areNames = lists.every((list) => Array.isArray(list) && list.length > 0 && list.every(isName))
  return isName(claim) && lists.length > 0 && areNames && Object.keys(others).length === 0
}

const ID = /^[a-z0-9-]{1,32}$/

function isProvider(entry: unknown): entry is ProviderConfig {
  const { id, name, issuer, clientId } = (entry ?? {}) as Record<string, unknown>
  const texts = [name, issuer, clientId].every((text) => typeof text === 'string' && text !== '')
  return texts && typeof id === 'string' && ID.test(id) && URL.canParse(String(issuer))
}
