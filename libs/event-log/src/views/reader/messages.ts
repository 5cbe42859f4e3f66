import type { SqlValue } from '../sql-value.js'

/** A query for the thread of a reader. */
export interface Question {
  readonly id: number
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Its rows, or what SQLite said: the message and the code of the error. */
export type Answer =
  | { readonly id: number; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly error: string; readonly errcode: number | undefined }
