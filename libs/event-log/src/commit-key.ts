import { hash } from 'node:crypto'
import type { Commit } from '@beseda/proto/log/v1/commit'

/** Characters of the key: 132 bits. It is a header of every stored commit. */
const LENGTH = 22

/**
 * What the log knows a commit by: its id among those of the same author on the same subject. Ids come from clients, so one that
 * is used for another group, or by somebody else, must not pass for the commit that has it already.
 */
export const commitKey = ({ subject, commit }: { readonly subject: string; readonly commit: Commit }): string =>
  keyOf(`${subject} ${commit.events[0]?.actorId ?? ''} ${commit.id}`)

/** What the log compares a commit with a guard by: whoever else has decided on the same thing as it was then. */
export const guardKey = (guard: string): string => keyOf(`guard ${guard}`)

const keyOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, LENGTH)
