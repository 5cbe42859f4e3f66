import { catchUp, confirmRefusals, type EventStore, type Projection } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM, usernameSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { nameKey } from './name-key.js'
import type { AccountReader, AccountRecord } from './ports.js'

/** Finds accounts, also those that another replica has just made. */
export class AccountQueries {
  constructor(
    private readonly store: EventStore,
    private readonly projection: Projection,
    private readonly reader: AccountReader,
  ) {}

  /**
   * Every refusal of `decide` is decided again on a view that has everything that was in the log before it. A refusal costs one request for
   * the end of the log. Whoever can provoke refusals is limited at the gateway: by address for sign-ins and for wrong tokens, by person for
   * the rest.
   */
  confirmRefusals<T>(decide: () => T | Promise<T>): Promise<T> {
    const { store, projection } = this
    return confirmRefusals({ store, projection, stream: IDENTITY_STREAM }, decide)
  }

  /** The view has everything that was in the log before the call. */
  catchUp(): Promise<void> {
    const { store, projection } = this
    return catchUp({ store, projection, stream: IDENTITY_STREAM })
  }

  /** Errors: USER_NOT_FOUND. */
  async get(userId: string): Promise<AccountRecord> {
    const account = await this.find(userId)
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return account
  }

  async find(userId: string): Promise<AccountRecord | undefined> {
    return (await this.findMany([userId]))[0]
  }

  /** Asks the log also about a name that is known here, so that the time of the answer does not tell whether it is. */
  async findByName(username: string): Promise<AccountRecord | undefined> {
    const claim = await this.store.last(IDENTITY_STREAM, usernameSubject(nameKey(username)))
    const known = this.reader.byUsername(username)
    if (known || !claim) return known
    await this.projection.waitFor(IDENTITY_STREAM, (await this.store.info(IDENTITY_STREAM)).lastSeq)
    return this.reader.byUsername(username)
  }

  /** Accounts in the order asked; unknown and deleted ones are left out. */
  async findMany(userIds: readonly string[]): Promise<AccountRecord[]> {
    const missing = userIds.filter((userId) => !this.reader.byId(userId) && !this.wasDeleted(userId))
    if (missing.length > 0) await this.catchUpOn(missing)
    return userIds.flatMap((userId) => this.reader.byId(userId) ?? [])
  }

  /** The account with everything that was written to it before the call, by whatever replica. */
  async latest(userId: string): Promise<AccountRecord | undefined> {
    await this.catchUpOn([userId])
    return this.reader.byId(userId)
  }

  /** The view has everything that was written to these accounts before the call. */
  async catchUpOn(userIds: readonly string[]): Promise<void> {
    const heads = await this.store.heads(IDENTITY_STREAM, userIds.map(accountSubject))
    await this.projection.waitFor(IDENTITY_STREAM, Math.max(0, ...heads.values()))
  }

  /** Whether the account is disabled or deleted, so that it gets no tokens. */
  isShut(userId: string): boolean {
    return this.reader.byId(userId)?.disabled === true || this.wasDeleted(userId)
  }

  wasDeleted(userId: string): boolean {
    return this.reader.isDeleted(userId)
  }
}
