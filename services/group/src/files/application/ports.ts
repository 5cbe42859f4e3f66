import type { File, FilePurpose } from '@beseda/proto/group/v1/group_service'

/** What is known of a stored file. */
export interface FileRecord {
  readonly id: string
  /** Bytes. */
  readonly size: number
  /** Unix ms. */
  readonly storedAt: number
  /** Who uploaded it. */
  readonly userId: string
  /** Undefined: not inspected yet. */
  readonly file: File | undefined
}

/** Where files are stored. The gateway streams them in and out; here they are inspected and deleted. */
export abstract class FileStore {
  abstract find(fileId: string): Promise<FileRecord | undefined>
  /** All of its bytes, or the first ones. */
  abstract read(fileId: string, first?: number): Promise<Uint8Array>
  abstract describe(fileId: string, file: File): Promise<void>
  /** Makes the file of the pieces of a recording, in their order. False: there are none. */
  abstract joinPieces(fileId: string, userId: string): Promise<boolean>
  abstract deletePieces(fileId: string): Promise<void>
  abstract putThumbnail(fileId: string, bytes: Uint8Array): Promise<void>
  /** With its thumbnail. A file that is not there is no error. */
  abstract delete(fileId: string): Promise<void>
  abstract list(): Promise<readonly Pick<FileRecord, 'id' | 'storedAt'>[]>
  /** Removes pieces of broken uploads that have not grown since the last call. */
  abstract sweepRemains(): Promise<void>
}

/** What a file's first bytes and, for pictures, its pixels say. */
export interface Inspection {
  readonly contentType: string
  /** Pixels; 0: no picture. */
  readonly width: number
  readonly height: number
  readonly thumbnail: Uint8Array | undefined
  /** A picture of several frames. */
  readonly moves: boolean
}

export abstract class FileInspector {
  /**
   * Of a file that is too large to be read, `bytes` are the beginning (`isWhole` is false): it is no picture then, whatever its kind.
   * Errors: BAD_FILE for a picture of a person or group that cannot be read or is too large.
   */
  abstract inspect(bytes: Uint8Array, isWhole: boolean, purpose: FilePurpose): Promise<Inspection>
}

/** A message that a file is attached to. */
export interface FileUse {
  readonly groupId: string
  readonly messageId: string
}

/** Where files are used, as the view has it. */
export abstract class FileUses {
  /** In groups that the person is a member of. */
  abstract inGroupsOf(fileId: string, userId: string): readonly FileUse[]
  /** By a message, or as the picture of a group. */
  abstract isUsed(fileId: string): boolean
  /** It is used, or a legal hold keeps it. */
  abstract isKept(fileId: string): boolean
  /** Files that a message or a group has let go of, nothing uses, and no legal hold keeps. */
  abstract due(limit: number): readonly string[]
  /** The file is deleted. */
  abstract settle(fileId: string): void
}

/** Brings the view to what is in the log now. */
export abstract class ViewCatchUp {
  abstract catchUp(signal: AbortSignal): Promise<void>
}
