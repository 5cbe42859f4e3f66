/** What a member has chosen about a thread. */
export interface ThreadChoice {
  readonly threadId: string
  readonly follows: boolean
}

/**
 * Limit of choices in one group: they are one event of some 40 bytes each. Of the oldest one beyond it nothing is known any more, and what the
 * member has to do with the thread decides again.
 */
export const MOST_CHOICES = 500

/** The choices with one more, the latest last. Undefined: it was chosen already. */
export function chosen(
  choices: readonly ThreadChoice[],
  threadId: string,
  follows: boolean,
): readonly ThreadChoice[] | undefined {
  if (choices.some((choice) => choice.threadId === threadId && choice.follows === follows)) return undefined
  const others = choices.filter((choice) => choice.threadId !== threadId)
  return [...others, { threadId, follows }].slice(-MOST_CHOICES)
}
