/** Readers of JSON that somebody else has made: what is missing or of another type is empty. */
export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path, as in `repository.full_name`. */
const at = (json: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), json)

/** A text or a number at a path, as text; empty: none. */
export function textAt(json: unknown, path: string): string {
  const found = at(json, path)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}

/** The first of several texts that is not empty. */
export const firstText = (json: unknown, ...paths: string[]): string =>
  paths.map((path) => textAt(json, path)).find((text) => text !== '') ?? ''

export function objectAt(json: unknown, path: string): Json {
  const found = at(json, path)
  return isObject(found) ? found : {}
}

/** The objects of a list at a path. */
export function listAt(json: unknown, path: string): readonly Json[] {
  const found = at(json, path)
  return Array.isArray(found) ? found.filter(isObject) : []
}

export const isTrue = (json: unknown, path: string): boolean => at(json, path) === true
