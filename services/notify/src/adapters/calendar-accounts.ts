import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { CalendarAccounts } from '../application/calendar-ports.js'
import { pages } from './people.js'

const TIMEOUT_MS = 5_000

/** Asks the identity service. */
export class RemoteCalendarAccounts extends CalendarAccounts {
  readonly #identity: Client<typeof IdentityService>

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(IdentityService, rpc)
  }

  async disabled(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const options = { timeoutMs: TIMEOUT_MS }
    const answers = await Promise.all(
      pages(userIds).map((page) => this.#identity.findDisabled({ userIds: [...page] }, options)),
    )
    return new Set(answers.flatMap((one) => one.userIds))
  }
}
