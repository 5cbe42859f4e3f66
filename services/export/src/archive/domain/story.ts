import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'

/** Who came and went with an event. */
export interface Movement {
  readonly entered: readonly string[]
  readonly left: readonly string[]
}

/** A group as far as its history has been read: what it is called, and who is in it. */
export class GroupStory {
  #name = ''
  #kind = GroupKind.UNSPECIFIED
  readonly #members = new Set<string>()

  constructor(private readonly groupId: string) {}

  get group() {
    return { id: this.groupId, name: this.#name, kind: this.#kind }
  }

  get members(): ReadonlySet<string> {
    return this.#members
  }

  apply({ body }: Event): Movement {
    if (body.case === 'groupCreated') {
      this.#name = body.value.name
      this.#kind = body.value.kind
    }
    if (body.case === 'groupUpdated') this.#name = body.value.name ?? this.#name
    if (body.case === 'groupDeleted') {
      const left = [...this.#members]
      this.#members.clear()
      return { entered: [], left }
    }
    const [entered, left]: [string[], string[]] = [[], []]
    for (const { userId, role } of rosterChanges(body)) {
      const isMember = this.#members.has(userId)
      if (role !== undefined && !isMember) entered.push(userId)
      if (role === undefined && isMember) left.push(userId)
      if (role === undefined) this.#members.delete(userId)
      else this.#members.add(userId)
    }
    return { entered, left }
  }
}
