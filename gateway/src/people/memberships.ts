import { BatchLoader } from '@beseda/async'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { createClient, type Transport } from '@connectrpc/connect'

/** A person's membership in a group. */
export interface Position {
  /** Sequence of the roster in which the person is a member. */
  readonly rosterSeq: number
  /** History up to this sequence is hidden from the member, who joined later. 0: nothing is. */
  readonly hiddenUpTo: number
}

/** A person's memberships by group. */
export type Positions = ReadonlyMap<string, Position>

/** People of one request: as many as the contract allows, the first one included. */
const PEOPLE = 100

/** The groups of people as of now. In a storm thousands are asked for at once: many of them share one request (ADR 41). */
export class Memberships {
  readonly #requests: BatchLoader<string, Positions>

  constructor(rpc: Transport) {
    const membership = createClient(MembershipService, rpc)
    this.#requests = new BatchLoader<string, Positions>(PEOPLE, async ([userId = '', ...moreUserIds]) => {
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
    return this.#requests.get(userId)
  }
}
