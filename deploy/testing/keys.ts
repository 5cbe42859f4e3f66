import { existsSync, readFileSync } from 'node:fs'

/** The variable that names a key, the key's name in the secret and the folder `keys`, and the module of the platform that reads it. */
const KEYS = [
  ['SIGNING_KEY_FILE', 'signing-key.pem', /\bSigningModule\b/],
  ['SECRET_FILE', 'secret.hex', /\bSecretModule\b/],
] as const

/** What a process reads of the installation's keys: variables and names of files. None: it is no service of this repository. */
export function keysReadBy(name: string): { readonly variables: string[]; readonly files: string[] } {
  const module = new URL(`../../services/${name}/src/${name}.module.ts`, import.meta.url)
  const source = existsSync(module) ? readFileSync(module, 'utf8') : ''
  const read = KEYS.filter(([, , reader]) => reader.test(source))
  return { variables: read.map(([variable]) => variable), files: read.map(([, file]) => file) }
}

/** Variables that name a key. */
export const KEY_VARIABLES: readonly string[] = KEYS.map(([variable]) => variable)
/** Every key of an installation. */
export const KEY_FILES: readonly string[] = KEYS.map(([, file]) => file)
