/** Values that SQLite stores. A 64-bit integer comes back as a number; it must be a safe one. */
export type SqlValue = string | number | bigint | null | Uint8Array
