/** What the groups of a provider mean here: `groups` of an entry of OIDC_PROVIDERS_FILE. */
export interface GroupRules {
  /** The claim that lists a person's groups: its name or, where no claim has that name, its path, such as `realm_access.roles`. */
  readonly claim: string
  /** Who is in one of them administers this installation; absent: the provider says nothing about it. */
  readonly administrators?: readonly string[]
  /** Only who is in one of them signs in; absent: everybody. */
  readonly members?: readonly string[]
}

/** What a provider says of a person who signs in. */
export interface ProviderRoles {
  readonly maySignIn: boolean
  /** Undefined: it says nothing about it. */
  readonly isAdministrator: boolean | undefined
}

export const NO_RULES: ProviderRoles = { maySignIn: true, isAdministrator: undefined }

/** A claim that is missing, or is no list of texts, means that the person is in no group. */
export function providerRoles(claims: Readonly<Record<string, unknown>>, rules: GroupRules | undefined): ProviderRoles {
  if (!rules) return NO_RULES
  const groups = groupsIn(claims, rules.claim)
  const isIn = (wanted: readonly string[]) => wanted.some((group) => groups.has(group))
  return {
    maySignIn: rules.members === undefined || isIn(rules.members),
    isAdministrator: rules.administrators && isIn(rules.administrators),
  }
}

function groupsIn(claims: Readonly<Record<string, unknown>>, name: string): ReadonlySet<unknown> {
  const value = Object.hasOwn(claims, name) ? claims[name] : name.split('.').reduce<unknown>(inside, claims)
  return new Set(typeof value === 'string' ? [value] : Array.isArray(value) ? value : [])
}

const inside = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
