import { BoundedMap } from '@beseda/async'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { People } from '../application/ports.js'

/** Accounts whose owners are remembered. Nobody's changes; one that is dropped is asked about again. */
const MAX_KNOWN = 20_000
/** Accounts of one question. */
const PAGE = 1_000

/** People as the identity service knows them. */
export class IdentityPeople extends People {
  readonly #identity: Client<typeof IdentityService>
  /** By id; empty: a person, or nobody. */
  readonly #owners = new BoundedMap<string, string>(MAX_KNOWN)

  constructor(transport: Transport) {
    super()
    this.#identity = createClient(IdentityService, transport)
  }

  async unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    const known = new Set(users.filter(({ deleted }) => !deleted).map(({ id }) => id))
    return userIds.filter((userId) => !known.has(userId))
  }

  async ownersOf(userIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const owners = new Map(userIds.map((userId) => [userId, this.#owners.get(userId)]))
    const unasked = userIds.filter((userId) => owners.get(userId) === undefined)
    for (let at = 0; at < unasked.length; at += PAGE) {
      const { users } = await this.#identity.getUsers({ userIds: unasked.slice(at, at + PAGE) }, { signal })
      for (const { id, botOwnerId } of users) {
        this.#owners.set(id, botOwnerId)
        owners.set(id, botOwnerId)
      }
    }
    return new Map([...owners].flatMap(([id, owner]) => (owner ? [[id, owner] as const] : [])))
  }
}
