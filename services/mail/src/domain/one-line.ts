/** What others can choose, a device's name or a group's, begins no paragraph of the letter, and turns no text around. */
export const oneLine = (text: string): string =>
  text
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()

/** Longer: a name that is a text of its own; shorter: names that nobody recognizes. */
const MOST_LETTERS = 48

/**
 * A name that others have chosen, in a letter under the name of the installation: letters, digits and what stands in names, so that nobody can
 * put an address, a link or a sentence there. Empty: `?`.
 */
export const nameOnly = (text: string): string => {
  const plain = oneLine(text.replace(/[^\p{L}\p{M}\p{N}\s'’_-]/gu, ' '))
  return [...plain].slice(0, MOST_LETTERS).join('').trim() || '?'
}
