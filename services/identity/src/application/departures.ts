import { forEachSettled } from '@beseda/async'
import { type CommandDeps, commandCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import {
  accountSubject,
  externalSubject,
  goneSubject,
  IDENTITY_STREAM,
  PEOPLE_STREAM,
  usernameSubject,
} from '@beseda/proto'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { externalsOf } from '../projections/credentials.js'
import { botsOf, settleDeletion, type UnsettledDeletion, unsettledDeletions } from '../projections/queries.js'
import { type Accounts, keyOf } from './accounts.js'
import type { Sessions } from './sessions.js'

/**
 * What follows when an account was deleted: its sessions end, its bots go too, every service is told, and at last name,
 * password and profile leave the log. Each step can be done again; an account is settled when all of them are, and one that
 * cannot be keeps no other waiting.
 */
export class Departures {
  constructor(
    private readonly deps: CommandDeps,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
  ) {}

  /** Errors: PartialFailure, what is for the next round. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      unsettledDeletions(this.deps.projection.view),
      ({ user_id }) => `account ${user_id}`,
      (deletion) => this.#settle(deletion, now),
    )
  }

  async #settle({ user_id: userId, username, seq }: UnsettledDeletion, now: Date): Promise<void> {
    const { store, projection } = this.deps
    await this.sessions.end(userId, [...(await this.sessions.list(userId)).keys()])
    for (const { user_id: botId } of botsOf(projection.view, userId)) {
      await this.accounts.run({ type: 'Delete' }, { commandId: newId(), userId: botId, now })
    }
    await store.append({
      stream: PEOPLE_STREAM,
      subject: goneSubject(userId),
      commit: commandCommit({ commandId: newId(), actorId: userId, now }, [
        { case: 'personGone', value: create(PersonGoneSchema) },
      ]),
    })
    await store.purge(IDENTITY_STREAM, accountSubject(userId), seq - 1)
    if (username !== '') await store.purge(IDENTITY_STREAM, usernameSubject(keyOf(username)), seq - 1)
    for (const { key, seq: claimed } of externalsOf(projection.view, userId)) {
      await store.purge(IDENTITY_STREAM, externalSubject(key), claimed)
    }
    settleDeletion(projection.view, userId)
  }
}
