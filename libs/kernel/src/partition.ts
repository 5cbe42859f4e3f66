/**
 * The partition of a key among `count`, by 32-bit FNV-1a over its UTF-16 code units (keys are ASCII ids). Computed here
 * and not by the server, so that it can never change with a server version; the count is fixed at installation.
 */
export function partitionOf(key: string, count: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % count
}
