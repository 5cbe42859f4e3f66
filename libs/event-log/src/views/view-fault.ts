/** What is wrong with the file of a view: `damaged` and `unreadable` end its use, `full` passes when there is room on the disk. */
export type ViewFault = 'damaged' | 'unreadable' | 'full'

/** Codes of SQLite (https://sqlite.org/rescode.html), the low byte of an error's code. */
const PRIMARY: ReadonlyMap<number, ViewFault> = new Map([
  [11, 'damaged'], // SQLITE_CORRUPT
  [26, 'damaged'], // SQLITE_NOTADB
  [13, 'full'], // SQLITE_FULL
])
/** Extended codes of SQLITE_IOERR that say what is wrong. */
const EXTENDED: ReadonlyMap<number, ViewFault> = new Map([
  [266, 'unreadable'], // SQLITE_IOERR_READ
  [522, 'unreadable'], // SQLITE_IOERR_SHORT_READ
  [8202, 'unreadable'], // SQLITE_IOERR_DATA
  [8458, 'unreadable'], // SQLITE_IOERR_CORRUPTFS
  [4874, 'full'], // SQLITE_IOERR_SHMSIZE
])

/** Undefined: an error that says nothing about the file. */
export function faultOf(error: unknown): ViewFault | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return PRIMARY.get(error.errcode & 0xff) ?? EXTENDED.get(error.errcode)
}
