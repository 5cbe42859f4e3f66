import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient, type Transport } from '@connectrpc/connect'
import { Names, type PersonName } from '../application/ports.js'

const TIMEOUT_MS = 5_000
/** As many as one question may name. */
const PAGE = 1_000
/** How long a name is taken for the present one. Longer: old names are handed on for longer; shorter: identity is asked more often. */
const FRESH_MS = 60_000
/** Names that are remembered: some 3 MB. */
const REMEMBERED = 20_000

/** Asks the identity service, about each person once a minute at most. */
export class IdentityNames extends Names {
  readonly #known = new Map<string, { readonly name: PersonName | undefined; readonly until: number }>()
  readonly #identity

  constructor(
    rpc: Transport,
    private readonly now: () => number = () => performance.now(),
  ) {
    super()
    this.#identity = createClient(IdentityService, rpc)
  }

  async of(userIds: Iterable<string>): Promise<ReadonlyMap<string, PersonName>> {
    const wanted = [...new Set(userIds)]
    const stale = wanted.filter((id) => (this.#known.get(id)?.until ?? 0) <= this.now())
    for (let at = 0; at < stale.length; at += PAGE) await this.#ask(stale.slice(at, at + PAGE))
    const names = wanted.flatMap((id) => {
      const name = this.#known.get(id)?.name
      return name ? [[id, name] as const] : []
    })
    // The oldest are forgotten after they were used: `wanted` may have more than are remembered.
    for (const id of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break
      this.#known.delete(id)
    }
    return new Map(names)
  }

  async #ask(userIds: readonly string[]): Promise<void> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { timeoutMs: TIMEOUT_MS })
    const found = new Map(users.filter(({ deleted }) => !deleted).map((user) => [user.id, user]))
    const until = this.now() + FRESH_MS
    for (const id of userIds) {
      const user = found.get(id)
      this.#known.delete(id)
      this.#known.set(id, { name: user && { username: user.username, displayName: user.displayName }, until })
    }
  }
}
