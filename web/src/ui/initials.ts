/** The first letters of the first two words of a name; also digits, emoji and flags, but no brackets or quotation marks. */
export const initialsOf = (name: string): string =>
  name
    .split(/\s/)
    .flatMap((word) => word.match(/\p{RI}{2}|\p{L}|\p{N}|\p{Extended_Pictographic}/u) ?? [])
    .slice(0, 2)
    .join('')
    .toUpperCase() || name.slice(0, 1)
