import { basename, extname } from 'node:path'

/** Bytes that every file system takes, with room for `.partial`. */
const LONGEST = 180
const LONGEST_EXTENSION = 12
/** Some file systems drop what a name ends in. */
const BAD_END = /[. ]+$/

/** A name that people gave a file, as the name of a file in an archive: no folder, no control characters, not too long. */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
    .replace(/[\u0000-\u001f\u007f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]/gu, '_')
    .replace(/^\.+/, '_')
    .replace(BAD_END, '')
  const last = extname(plain)
  const extension = last.length > LONGEST_EXTENSION ? '' : last
  const whole = cut(basename(plain, extension), LONGEST - Buffer.byteLength(extension)) + extension
  // What was cut may end badly again.
  return whole.replace(BAD_END, '') || 'file'
}

/** The longest beginning of a text that has this many bytes. */
function cut(text: string, bytes: number): string {
  let kept = ''
  let size = 0
  for (const sign of text) {
    size += Buffer.byteLength(sign)
    if (size > bytes) break
    kept += sign
  }
  return kept
}
