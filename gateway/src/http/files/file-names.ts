/** As in FinishUploadRequest, in characters. */
const LONGEST = 255
/** Longer endings are no file extensions. */
const LONGEST_EXTENSION = 16

/** A name that is too long loses characters before its extension, which says what the file is. */
export function shortName(name: string): string {
  const characters = [...name.toWellFormed()]
  if (characters.length <= LONGEST) return characters.join('')
  const dot = characters.lastIndexOf('.')
  const extension = dot > 0 && characters.length - dot <= LONGEST_EXTENSION ? characters.slice(dot) : []
  return [...characters.slice(0, LONGEST - extension.length), ...extension].join('')
}

/** A `Content-Disposition` with the exact name (RFC 8187) and an ASCII one for programs that do not know that form (RFC 6266). */
export function disposition(how: 'inline' | 'attachment', name: string): string {
  const exact = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, percent)
  return `${how}; filename="${name.replace(/[^ -~]|["\\%]/gu, '_')}"; filename*=UTF-8''${exact}`
}

const percent = (character: string): string => `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`
