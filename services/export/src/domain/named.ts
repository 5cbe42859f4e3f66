import { rosterChanges } from '@beseda/rules'
import type { Placed } from './placed.js'

/** Whose names a record may have. */
export type NamesKept =
  /** A record may be erased as a whole, so whoever it is about may be named. */
  | 'all'
  /** Only content is erased, when its author's account is deleted: a name that stood elsewhere would stay. */
  | 'authors'

/** The people whom an event is about: who did it, and whom it lets in, puts out, or gives a role. */
export function namedIn({ event: { actorId, body } }: Placed, carriesContent: boolean, kept: NamesKept): Set<string> {
  const author = body.case === 'messagePosted' ? body.value.authorId : actorId
  const people = kept === 'all' ? [actorId, author, ...rosterChanges(body).map(({ userId }) => userId)] : [author]
  return new Set((carriesContent || kept === 'all' ? people : []).filter((id) => id !== ''))
}
