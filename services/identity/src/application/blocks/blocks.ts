import { type CommandDeps, handleCommand } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { blockSubject, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { blockDecider } from '../../domain/blocks/block.js'
import type { Caller } from '../accounts/caller.js'
import type { CommandKeys } from '../accounts/command-keys.js'

export abstract class BlockStore {
  abstract load(userId: string, otherId: string): { readonly state: boolean; readonly lastSeq: number }
  /** The people whom a person blocks, in the order of their ids. */
  abstract blockedBy(userId: string): readonly string[]
  /** Sequence of the person's newest change; 0: none. */
  abstract lastChange(userId: string): number
}

/** Tells the person's devices, of which only one gave the command. */
export abstract class BlockNotices {
  abstract changed(userId: string, otherId: string, blocked: boolean): void
}

/** Whom people block. */
export class Blocks {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: BlockStore,
    private readonly keys: CommandKeys,
    private readonly notices: BlockNotices,
  ) {}

  /** Errors: TOO_MANY; INVALID_REQUEST for oneself. */
  async set(otherId: string, blocked: boolean, caller: Caller): Promise<void> {
    const { userId, commandId, now, signal } = caller
    if (otherId === userId) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'user_id' })
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
      decide: (state) => blockDecider.decide({ blocked, present: this.list(userId).length }, state),
      guard: () => (blocked ? `blocks of ${userId} ${this.store.lastChange(userId)}` : undefined),
    })
    this.notices.changed(userId, otherId, blocked)
  }

  list(userId: string): readonly string[] {
    return this.store.blockedBy(userId)
  }
}
