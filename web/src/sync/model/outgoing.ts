/** An uploaded file that is sent with a message. */
export interface OutgoingFile {
  readonly fileId: string
  readonly name: string
  readonly contentType: string
  readonly size: number
  readonly width: number
  readonly height: number
  readonly hasThumbnail: boolean
  /** A voice message: its length, and loudness from 0 to 255 at even steps. */
  readonly voice: boolean
  readonly durationMs: number
  readonly waveform: readonly number[]
}

/** A file that was sent before it could be uploaded: its bytes wait with the message. */
export interface WaitingFile {
  /** A local id, used until the server has assigned one. */
  readonly localId: string
  readonly name: string
  /** Its place among all files of the message, from 0. Undefined: last (written by an earlier version). */
  readonly place?: number
  readonly content: Blob
  readonly voice?: { readonly durationMs: number; readonly waveform: readonly number[] } | undefined
}

/** The content of a message that a person has written. */
export interface Draft {
  /** Whoever may send the same again, after a page that has ended, says which message it is. */
  readonly id?: string
  readonly text: string
  readonly replyTo?: string
  readonly threadId?: string
  /** The answer in the thread is in the main line, too. */
  readonly alsoToGroup?: boolean
  readonly files?: readonly OutgoingFile[]
  readonly waiting?: readonly WaitingFile[]
  readonly forward?: { readonly groupId: string; readonly messageId: string }
}

/** A message that is not in the log yet, as far as this client knows. */
export interface OutgoingMessage extends Draft {
  /** Generated here, once: a message that is sent again is the same message. */
  readonly id: string
  readonly userId: string
  readonly groupId: string
  readonly createdAt: number
  /** Name of the reason for which the server refused it; undefined: being sent. */
  readonly refused?: string | undefined
  /** The server has it; it stays on the screen until it comes back through the log. */
  readonly posted?: boolean
}

/** The stored files with one more, which was waiting, at its place. Files that wait are uploaded from first to last. */
export function withUploaded(
  files: readonly OutgoingFile[],
  file: OutgoingFile,
  place: number = files.length,
): OutgoingFile[] {
  return [...files.slice(0, place), file, ...files.slice(place)]
}

export const inOrder = (a: OutgoingMessage, b: OutgoingMessage): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)
