type Kind = 'user' | 'context'

const marks = new WeakMap<object, Map<string | symbol, Map<number, Kind>>>()

/** Remembers that a parameter of a handler is filled by a decorator. */
export function markParameter(target: object, key: string | symbol | undefined, index: number, kind: Kind): void {
  if (key === undefined) throw new TypeError('@SignedIn() and @Context() belong on parameters of @Rpc methods')
  const methods = marks.get(target) ?? new Map<string | symbol, Map<number, Kind>>()
  marks.set(target, methods)
  methods.set(key, (methods.get(key) ?? new Map<number, Kind>()).set(index, kind))
}

/** The decorated parameters of a handler: what fills each, by index. */
export const markedParameters = (target: object, key: string | symbol): ReadonlyMap<number, Kind> =>
  marks.get(target)?.get(key) ?? new Map()
