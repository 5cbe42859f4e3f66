/** The lists of one answer, in the order of `keys`: the first always, and then as many as have together no more than `most` entries. */
export function fitting<K, T>(keys: readonly K[], most: number, listOf: (key: K) => readonly T[]): (readonly T[])[] {
  const fit: (readonly T[])[] = []
  let entries = 0
  for (const key of keys) {
    const list = listOf(key)
    entries += list.length
    if (fit.length > 0 && entries > most) break
    fit.push(list)
  }
  return fit
}
