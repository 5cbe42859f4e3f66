import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** What a command can make. Each kind has ids of its own. */
export type EntityKind = 'account' | 'bot'

/**
 * Makes the ids that stand in the log. A client chooses the id of its command, so that id proves nothing. What is stored is a keyed hash of
 * the actor, the command id and the content, which nobody else can compute and which does not reveal the command id.
 */
export class CommandKeys {
  constructor(private readonly secret: Pick<InstallationSecret, 'hash' | 'id'>) {}

  /** The id of what a command makes. `actorId` is empty for somebody who has no account yet. */
  entityId(kind: EntityKind, actorId: string, commandId: string): string {
    return this.secret.id(kind, actorId, commandId)
  }

  /** `<scope>.<content>`: a hash of actor and command id, and a hash of these with the content. */
  key(actorId: string, commandId: string, content: unknown): string {
    const scope = this.#hash('command of', [actorId, commandId])
    return `${scope}.${this.#hash('content of command', [actorId, commandId, content])}`
  }

  #hash(purpose: string, parts: readonly unknown[]): string {
    return this.secret.hash(purpose, JSON.stringify(parts)).subarray(0, 16).toString('base64url')
  }
}

/** The parts of a key, or undefined for the id of a command from before keys were used. */
export function keyParts(id: string): { readonly scope: string; readonly content: string } | undefined {
  const [, scope, content] = /^([\w-]{22})\.([\w-]{22})$/.exec(id) ?? []
  return scope !== undefined && content !== undefined ? { scope, content } : undefined
}

/** A command that was carried out. */
export interface DoneCommand {
  readonly content: string
  /** Of its commit. */
  readonly seq: number
}

/**
 * The sequence of the commit that the command with the key wrote; undefined: it was not carried out. Errors: COMMAND_ID_REUSED, when its
 * actor has used the id for other content.
 */
export function resultOf(key: string, find: (scope: string) => DoneCommand | undefined): number | undefined {
  const parts = keyParts(key)
  const done = parts && find(parts.scope)
  if (done && done.content !== parts.content) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
  return done?.seq
}
