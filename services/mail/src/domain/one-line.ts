/** What others can choose, a device's name or a group's, begins no paragraph of the letter, and turns no text around. */
export const oneLine = (text: string): string =>
  text
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
