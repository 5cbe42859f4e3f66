import { isBlank, tidyText } from '@beseda/rules'

/**
 * A file's name for people: one line, without folders. The person did not type it, so what a name may not have is left out rather than
 * refused; the spaces are the file's own.
 */
export function fileName(name: string): string {
  const line = tidyText(name)
    .normalize('NFC')
    .replace(/[\t\n]+/g, ' ')
  const base = line.replace(/^.*[/\\]/, '').trim()
  return isBlank(base) || base === '.' || base === '..' ? 'file' : base
}
