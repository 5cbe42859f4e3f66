import type { PresenceDocument } from '../domain/presence.js'

/** What a change makes of a person's document, and its result for the caller. */
export interface DocumentChange<Result> {
  readonly document: PresenceDocument | undefined
  readonly result: Result
}

/** The presence of each person, by user id. */
export abstract class PresenceDocuments {
  abstract getMany(userIds: readonly string[]): Promise<readonly (PresenceDocument | undefined)[]>
  /** Compare and set: when somebody else has changed the document meanwhile, `change` decides again on the newer one. */
  abstract update<Result>(
    userId: string,
    change: (person: PresenceDocument | undefined) => DocumentChange<Result>,
  ): Promise<DocumentChange<Result>>
  /** People with a device whose lease has run out, and those whose documents have expired. */
  abstract due(now: number): Promise<readonly string[]>
  /** Makes the deadline of a person follow from their document as it is. */
  abstract settle(userId: string): Promise<void>
}

export abstract class PresenceNotices {
  /** Tells those who watch a person what they see now. */
  abstract changed(userId: string, person: PresenceDocument): void
}
