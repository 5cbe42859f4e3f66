import { BatchLoader } from '@beseda/async'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { createClient, type Transport } from '@connectrpc/connect'

/** A person's place in a group. */
export interface Position {
  /** The roster that this is true for. */
  readonly rosterSeq: number
  /** What stands up to here is not for the person, who came later. */
  readonly hiddenUpTo: number
}

/** The groups of a person. */
export type Positions = ReadonlyMap<string, Position>

/** People of one question: as many as the contract allows, the first one included. */
const PEOPLE = 100

/** The groups of people as of now. In a storm thousands want to know at once: they are asked about together. */
export class Memberships {
  readonly #questions: BatchLoader<string, Positions>

  constructor(rpc: Transport) {
    const membership = createClient(MembershipService, rpc)
    this.#questions = new BatchLoader<string, Positions>(PEOPLE, async ([userId = '', ...moreUserIds]) => {
      const { groups, more } = await membership.listGroupIds({ userId, moreUserIds })
      return [groups, ...more.map((theirs) => theirs.groups)].map(
        (all) =>
          new Map(
            all.map(({ groupId, rosterSeq, hiddenUpToSeq }) => [
              groupId,
              { rosterSeq: Number(rosterSeq), hiddenUpTo: Number(hiddenUpToSeq) },
            ]),
          ),
      )
    })
  }

  of(userId: string): Promise<Positions> {
    return this.#questions.get(userId)
  }
}
