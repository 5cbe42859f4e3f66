import type { Ahead, Invited } from '../domain/invitations/invitations.js'
import type { Loaded } from './ports.js'

export abstract class InvitationStore {
  /** People who want invitations, and of whose calls something has changed since they were written to; in the order of their ids. */
  abstract page(afterUserId: string, now: number, limit: number): readonly string[]
  /** What a person was written to about. */
  abstract of(userId: string): Loaded<readonly Invited[]>
  /** Calls of a person's groups that end after `now` (Unix ms), also those of which nothing is to be said. */
  abstract ahead(userId: string, now: number): readonly Ahead[]
}
