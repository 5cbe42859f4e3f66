import { cleanLine } from '@beseda/rules'

/** A file's name for people: one line, without folders. */
export function fileName(name: string): string {
  const base = cleanLine('name', name).replace(/^.*[/\\]/, '')
  return base === '' || base === '.' || base === '..' ? 'file' : base
}
