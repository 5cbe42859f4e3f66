import type { Letter } from '@beseda/proto/mail/v1/letter'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { createClient, type Transport } from '@connectrpc/connect'
import { Recipients } from '../application/ports.js'
import type { Recipient } from '../domain/letter-text.js'

const TIMEOUT_MS = 10_000

/** Asks the identity service each time that a letter is sent: nothing of it is kept here. */
export class IdentityRecipients extends Recipients {
  readonly #identity

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(MailService, rpc)
  }

  async of(letter: Letter): Promise<Recipient | undefined> {
    const prepared = await this.#identity.prepareLetter({ letter }, { timeoutMs: TIMEOUT_MS })
    return prepared.address === '' ? undefined : prepared
  }
}
