import { BoundedMap } from '@beseda/async'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { GetMembershipResponse } from '@beseda/proto/membership/v1/membership_service'
import { mayDo } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'

interface Known {
  /** Of the room when it was asked: a role, a mute and the group's permissions change in the roster only (ADR 62). */
  readonly rosterSeq: number
  readonly asked: number
  readonly membership: GetMembershipResponse
}

/** Memberships that are remembered, about 200 bytes each. Fewer: people who type at the same time are asked about again. */
const MAX_KNOWN = 20_000
/** A block between the two of a direct chat does not change its roster. */
const DIRECT_MS = 10_000

/** Who may post in a group, for what is told without being stored. Asks once until the roster changes. */
export class Speakers {
  readonly #known = new BoundedMap<string, Known>(MAX_KNOWN)

  /** `ask`: the membership of a person as the membership service has it now. */
  constructor(private readonly ask: (groupId: string, userId: string) => Promise<GetMembershipResponse>) {}

  /** `now`: Unix ms. */
  async mayPost(groupId: string, userId: string, rosterSeq: number, now: number): Promise<boolean> {
    const key = `${groupId} ${userId}`
    const known = this.#known.get(key)
    const isFresh = known?.rosterSeq === rosterSeq && !isOld(known, now)
    const membership = isFresh ? known.membership : await this.ask(groupId, userId)
    if (!isFresh) this.#known.set(key, { rosterSeq, asked: now, membership })
    const { role, mutedUntil, blocked } = membership
    const standing = { role: role || undefined, mutedUntil: mutedUntil ? timestampMs(mutedUntil) : 0 }
    return !blocked && mayDo(Permission.POST, membership, standing, now)
  }
}

const isOld = ({ asked, membership }: Known, now: number): boolean =>
  membership.kind === GroupKind.DIRECT && now - asked > DIRECT_MS
