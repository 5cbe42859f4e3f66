import type { Event } from '@beseda/proto/log/v1/commit'

/** What notifications need to know of a person. */
export interface Person {
  /** The account was deleted. */
  readonly departed: boolean
  readonly blocked: ReadonlySet<string>
}

export type PersonChange =
  | { readonly kind: 'departed' }
  | { readonly kind: 'blocked'; readonly otherId: string; readonly blocked: boolean }

/** An event of stream PEOPLE; `otherId`: the person whom a block is about. */
export interface PersonEvent {
  readonly otherId: string | undefined
  readonly body: Event['body']
}

export function changesOf({ otherId, body }: PersonEvent): readonly PersonChange[] {
  if (body.case === 'personGone') return [{ kind: 'departed' }]
  if (body.case !== 'blockChanged' || otherId === undefined) return []
  return [{ kind: 'blocked', otherId, blocked: body.value.blocked }]
}

export function apply(person: Person, change: PersonChange): Person {
  if (change.kind === 'departed') return { ...person, departed: true }
  const blocked = new Set(person.blocked)
  if (change.blocked) blocked.add(change.otherId)
  else blocked.delete(change.otherId)
  return { ...person, blocked }
}

const INITIAL: Person = { departed: false, blocked: new Set() }

export const personFold = {
  initialState: INITIAL,
  evolve: (person: Person, event: PersonEvent): Person => changesOf(event).reduce(apply, person),
}
