import { hash } from 'node:crypto'
import type { Commit } from '@beseda/proto/log/v1/commit'

/** Characters of the key: 132 bits. It is a header of every stored commit. */
const LENGTH = 22

/**
 * What the log knows a commit by: its id among those of the same author on the same subject. Ids come from clients, so one that
 * is used for another group, or by somebody else, must not pass for the commit that has it already.
 */
export const commitKey = ({ subject, commit }: { readonly subject: string; readonly commit: Commit }): string =>
  hash('sha256', `${subject} ${commit.events[0]?.actorId ?? ''} ${commit.id}`, 'base64url').slice(0, LENGTH)
