import { type CommandDeps, handleCommand } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { blockSubject, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { blockedBy, blockOf } from '../projections/queries.js'
import type { Caller } from './accounts.js'
import type { CommandKeys } from './command-keys.js'

const MAX_BLOCKED = 1_000

/** Whom a person does not want to hear from. */
export class Blocks {
  constructor(
    private readonly deps: CommandDeps,
    private readonly keys: CommandKeys,
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
      load: () => {
        const row = blockOf(this.#view, userId, otherId)
        return { state: row?.blocked === 1, lastSeq: row?.seq ?? 0 }
      },
      decide: (present) => {
        if (present === blocked) return []
        if (blocked && this.list(userId).length >= MAX_BLOCKED) {
          throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_BLOCKED) })
        }
        return [{ case: 'blockChanged', value: create(BlockChangedSchema, { blocked }) }]
      },
    })
  }

  list(userId: string): string[] {
    return blockedBy(this.#view, userId)
  }

  get #view() {
    return this.deps.projection.view
  }
}
