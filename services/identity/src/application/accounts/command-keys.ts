import type { InstallationSecret } from '@beseda/platform'

/** What a person's command makes: each kind has ids of its own. */
export type EntityKind = 'account' | 'bot'

/**
 * The ids that stand in the log. A client chooses the id of its command, so that id proves nothing: what is stored is a keyed hash of who
 * gave the command, its id and its content. Nobody can compute such a hash, and nobody learns the client's id from one.
 */
export class CommandKeys {
  constructor(private readonly secret: Pick<InstallationSecret, 'hash' | 'id'>) {}

  /** The id of what a command makes. `actorId` is empty for somebody who has no account yet. */
  entityId(kind: EntityKind, actorId: string, commandId: string): string {
    return this.secret.id(kind, actorId, commandId)
  }

  /** `<scope>.<content>`: the scope is of the actor and the command id; the second part differs when the content does. */
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
