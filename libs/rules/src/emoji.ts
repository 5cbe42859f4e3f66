/**
 * An emoji in the one form in which it is stored and compared, that of Unicode's list ("fully qualified"): the sign that asks for a
 * picture (U+FE0F) stands after every character that is text otherwise, and nowhere else. Keyboards leave it out or add it.
 */
export function sameEmoji(emoji: string): string {
  const signs = [...emoji.replace(/[\ufe0e\ufe0f]/g, '')]
  return signs
    .map((sign, i) => {
      const isToned = /^\p{Emoji_Modifier}$/u.test(signs[i + 1] ?? '')
      return !isToned && /^(?!\p{Emoji_Presentation})\p{Emoji}$/u.test(sign) ? `${sign}\ufe0f` : sign
    })
    .join('')
}
