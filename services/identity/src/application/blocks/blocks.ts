import { forEachSettled } from '@beseda/async'
import { type CommandDeps, handleCommand, type StoredCommit } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { blockSubject, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { blockDecider } from '../../domain/blocks/block.js'
import type { Caller } from '../accounts/caller.js'
import type { CommandKeys } from '../accounts/command-keys.js'
import type { AccountReader } from '../accounts/ports.js'

/** A person, and a bot of somebody whom they block. */
export interface BotOfBlocked {
  readonly userId: string
  readonly botId: string
}

export abstract class BlockStore {
  abstract load(userId: string, otherId: string): { readonly state: boolean; readonly lastSeq: number }
  /** The people whom a person blocks, in the order of their ids. */
  abstract blockedBy(userId: string): readonly string[]
  /** Bots that were made after their owner was blocked: who blocks the owner has said nothing of them. */
  abstract botsOfBlocked(limit: number): readonly BotOfBlocked[]
  /** Sequence of the person's newest change; 0: none. */
  abstract lastChange(userId: string): number
}

/** Tells the person's devices, of which only one gave the command. */
export abstract class BlockNotices {
  abstract changed(userId: string, otherId: string, blocked: boolean): void
}

/** Items of one step of a round. */
const BATCH = 100

/** Whom people block. Whoever is blocked does not speak through a bot either: a block is one of all bots of the person. */
export class Blocks {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: BlockStore,
    private readonly keys: CommandKeys,
    private readonly notices: BlockNotices,
    private readonly accounts: Pick<AccountReader, 'botsOf'>,
  ) {}

  /** Errors: TOO_MANY; INVALID_REQUEST for oneself. */
  async set(otherId: string, blocked: boolean, caller: Caller): Promise<void> {
    if (otherId === caller.userId) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'user_id' })
    await this.#set(otherId, blocked, caller, () => this.list(caller.userId).length)
    for (const { userId: botId } of this.accounts.botsOf(otherId)) {
      await this.#set(botId, blocked, caller, () => 0)
    }
  }

  concerns({ commit }: StoredCommit): boolean {
    return commit.events.some(({ body }) => body.case === 'botCreated')
  }

  /** Blocks bots that people have made after they were blocked. Doing it twice does no harm. Errors: PartialFailure. */
  async round(now: Date): Promise<void> {
    await forEachSettled(
      this.store.botsOfBlocked(BATCH),
      ({ userId, botId }) => `bot ${botId} for ${userId}`,
      ({ userId, botId }) => this.#set(botId, true, { commandId: newId(), userId, now }, () => 0),
    )
  }

  /** `present`: how many blocks the limit counts; a bot comes with its owner. */
  async #set(otherId: string, blocked: boolean, caller: Caller, present: () => number): Promise<void> {
    const { userId, commandId, now, signal } = caller
    await handleCommand<boolean>(this.deps, {
      key: `block ${userId}`,
      stream: PEOPLE_STREAM,
      subject: blockSubject(userId, otherId),
      commandId: this.keys.key(userId, commandId, [otherId, blocked]),
      actorId: userId,
      now,
      signal,
      load: () => this.store.load(userId, otherId),
      // A limit counts the blocks of the person, which are on subjects of their own.
      basis: { stream: PEOPLE_STREAM },
      decide: (state) => blockDecider.decide({ blocked, present: present() }, state),
      guard: () => (blocked ? `blocks of ${userId} ${this.store.lastChange(userId)}` : undefined),
    })
    this.notices.changed(userId, otherId, blocked)
  }

  list(userId: string): readonly string[] {
    return this.store.blockedBy(userId)
  }
}
