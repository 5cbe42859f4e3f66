import { forEachSettled } from '@beseda/async'
import { type CommandDeps, commandCommit, type StoredCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import {
  accountSubject,
  emailSubject,
  externalSubject,
  goneSubject,
  IDENTITY_STREAM,
  PEOPLE_STREAM,
  usernameSubject,
} from '@beseda/proto'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import type { EmailStore } from '../email/ports.js'
import type { ExternalStore } from '../external/ports.js'
import type { Sessions } from '../sessions/sessions.js'
import type { AccountCommands } from './account-commands.js'
import { nameKey } from './name-key.js'
import type { AccountReader, DeletionStore, UnsettledDeletion } from './ports.js'

/**
 * Process manager of deleted accounts: ends the sessions, deletes the bots, tells every service, and at last erases name, password, mail
 * address and profile from the log. Every step can be repeated. An account is settled when all steps are done; one that fails does not hold up the
 * others.
 */
export class Departures {
  constructor(
    private readonly deps: CommandDeps,
    private readonly deletions: DeletionStore,
    private readonly accounts: Pick<AccountReader, 'botsOf'>,
    private readonly external: Pick<ExternalStore, 'of'>,
    private readonly emails: Pick<EmailStore, 'claimsOf'>,
    private readonly commands: Pick<AccountCommands, 'run'>,
    private readonly sessions: Pick<Sessions, 'endAll'>,
  ) {}

  concerns({ commit }: StoredCommit): boolean {
    return commit.events.some(({ body }) => body.case === 'accountDeleted')
  }

  /** Errors: PartialFailure, with the accounts that are left for the next round. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      this.deletions.unsettled(),
      ({ userId }) => `account ${userId}`,
      (deletion) => this.#settle(deletion, now),
    )
  }

  async #settle({ userId, username, seq }: UnsettledDeletion, now: Date): Promise<void> {
    const { store } = this.deps
    await this.sessions.endAll(userId)
    for (const bot of this.accounts.botsOf(userId)) {
      await this.commands.run(bot.userId, { type: 'Delete' }, { commandId: newId(), userId, now })
    }
    await store.append({
      stream: PEOPLE_STREAM,
      subject: goneSubject(userId),
      commit: commandCommit({ commandId: newId(), actorId: userId, now }, [
        { case: 'personGone', value: create(PersonGoneSchema) },
      ]),
    })
    await store.purge(IDENTITY_STREAM, accountSubject(userId), seq - 1)
    if (username !== '') await store.purge(IDENTITY_STREAM, usernameSubject(nameKey(username)), seq - 1)
    for (const { key, seq: claimed } of this.external.of(userId)) {
      await store.purge(IDENTITY_STREAM, externalSubject(key), claimed)
    }
    for (const { key, seq: claimed } of this.emails.claimsOf(userId)) {
      await store.purge(IDENTITY_STREAM, emailSubject(key), claimed)
    }
    this.deletions.settle(userId)
  }
}
