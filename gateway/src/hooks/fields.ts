/** Readers of JSON that somebody else has made: what is missing or of another type is empty. */
export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path, as in `repository.full_name`. */
const at = (json: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), json)

/** Code points that stand for no character: the parser of Markdown keeps them for itself, and reads no back slash where one of them is. */
const NO_CHARACTERS = /[\ufdd0-\ufdef]/g

/** A text or a number, as text; empty: something else. */
export const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).replace(NO_CHARACTERS, '') : ''

/** A text or a number at a path, as text; empty: none. */
export const textAt = (json: unknown, path: string): string => asText(at(json, path))

/** What a table has for a name of somebody else's: never what every object has. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** The first of several texts that is not empty. */
export const firstText = (json: unknown, ...paths: string[]): string =>
  paths.map((path) => textAt(json, path)).find((text) => text !== '') ?? ''

export function objectAt(json: unknown, path: string): Json {
  const found = at(json, path)
  return isObject(found) ? found : {}
}

/** The objects of a list at a path; never more than the given number. */
export function listAt(json: unknown, path: string, most = Number.POSITIVE_INFINITY): readonly Json[] {
  const found = at(json, path)
  return Array.isArray(found) ? found.filter(isObject).slice(0, most) : []
}

export const isTrue = (json: unknown, path: string): boolean => at(json, path) === true
