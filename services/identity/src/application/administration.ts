import type { Projection } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { STATUS_SUBJECT } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type ProcessStatus, ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Directory } from '../projections/directory-search.js'
import { type AccountRow, newestPeople, peopleCount } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'
import type { Sessions } from './sessions.js'

/** A process that has not answered by then is not well, or not there. */
const ANSWER_MS = 1_000
const DEFAULT_LIMIT = 50

/** What those may who look after the installation. Everything is refused to anybody else: NOT_PERMITTED. */
export class Administration {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly directory: Directory,
    private readonly projection: Pick<Projection, 'view'>,
    private readonly nats: NatsConnection,
    readonly isAdministrator: (account: AccountRow) => boolean,
  ) {}

  async list(query: string, limit: number, by: string): Promise<{ accounts: AccountRow[]; people: number }> {
    await this.#require(by)
    const most = limit || DEFAULT_LIMIT
    const { view } = this.projection
    const accounts = query.trim() === '' ? newestPeople(view, most) : this.directory.search(query, most)
    return { accounts, people: peopleCount(view) }
  }

  /** Nobody locks themselves out. */
  async setDisabled(userId: string, disabled: boolean, caller: Caller): Promise<void> {
    await this.#require(caller.userId)
    if (userId === caller.userId) throw new Refusal(ErrorReason.NOT_PERMITTED)
    await this.accounts.get(userId)
    await this.accounts.run({ type: 'SetDisabled', disabled }, { ...caller, userId, actorId: caller.userId })
    if (disabled) await this.#end(userId)
  }

  async endSessions(userId: string, by: string): Promise<number> {
    await this.#require(by)
    return this.#end(userId)
  }

  async status(by: string): Promise<readonly ProcessStatus[]> {
    await this.#require(by)
    const answers = await this.nats.requestMany(STATUS_SUBJECT, '', { strategy: 'timer', maxWait: ANSWER_MS })
    const processes: ProcessStatus[] = []
    for await (const answer of answers) {
      if (answer.data.length > 0) processes.push(fromBinary(ProcessStatusSchema, answer.data))
    }
    return processes.sort((a, b) => a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance))
  }

  async #end(userId: string): Promise<number> {
    const ids = [...(await this.sessions.list(userId)).keys()]
    await this.sessions.end(userId, ids)
    return ids.length
  }

  async #require(userId: string): Promise<void> {
    const account = await this.accounts.get(userId)
    if (account.disabled || !this.isAdministrator(account)) throw new Refusal(ErrorReason.NOT_PERMITTED)
  }
}
