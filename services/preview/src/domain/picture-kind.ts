/** First bytes of the kinds of pictures that are redrawn; any other file is refused unread. */
const KINDS: readonly (readonly [kind: string, at: number, bytes: string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF8'],
  ['webp', 8, 'WEBP'],
  ['avif', 4, 'ftypavif'],
  ['heif', 4, 'ftypheic'],
  ['heif', 4, 'ftypmif1'],
]

/** The kind of a picture by its first bytes, whatever its name or type says; undefined: not supported. SVG is not: it can hold scripts. */
export function pictureKind(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return KINDS.find(([, at, sign]) => start.startsWith(sign, at))?.[0]
}
