/** Scripts that are written without spaces between words: markup stands within what looks like one word. */
const NO_SPACES = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('')

/** One of these signs (as in a character class), unless it is of a script without spaces. */
export const betweenSpaces = (signs: string): RegExp => new RegExp(`(?![${NO_SPACES}])[${signs}]`, 'u')
