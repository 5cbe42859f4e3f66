/** One list for each key, in their order: always the first, then the following ones while all together have at most `limit` entries. */
export function fitting<K, T>(
  keys: readonly K[],
  limit: number,
  listOf: (key: K) => readonly T[],
): readonly (readonly T[])[] {
  const lists: (readonly T[])[] = []
  let entries = 0
  for (const key of keys) {
    const list = listOf(key)
    entries += list.length
    if (lists.length > 0 && entries > limit) break
    lists.push(list)
  }
  return lists
}
