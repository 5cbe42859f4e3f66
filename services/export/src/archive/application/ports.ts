import type { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import type { Placed } from '../../domain/placed.js'
import type { MessageFacts } from '../domain/entries.js'
import type { Entry, EntryKind } from '../domain/entry.js'

export interface Range {
  /** Unix ms; inclusive. */
  readonly from: number
  /** Unix ms; exclusive. */
  readonly to: number
}

/** An event of the log, and the commit that holds it now. */
export interface HeldEvent extends Placed {
  readonly storedSeq: number
}

export interface Person {
  readonly username: string
  readonly displayName: string
  readonly kind: 'user' | 'bot' | 'gone' | 'unknown'
}

/** Where the writing of an archive has come to: the last event that is in a finished part. */
export interface Written {
  readonly part: number
  readonly groupId: string
  readonly seq: number
  readonly index: number
}

export interface WrittenFile {
  /** Relative to the archive's folder, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface GroupCount {
  readonly groupId: string
  readonly name: string
  readonly groupKind: GroupKind
  readonly kind: EntryKind
  readonly entries: number
}

/** What an archive is made from, on disk: an interrupted run goes on from here. Whatever belongs together is written `atomically`. */
export interface Workbook {
  atomically<T>(work: () => T): T
  /** Reading of the log. `source`: a stream, or a group in one. */
  readUpTo(source: string): number
  setReadUpTo(source: string, seq: number): void
  keep(event: HeldEvent): void
  /** Forgets the events that a commit held: it was erased, and a redaction says what stays. */
  dropCommit(groupId: string, storedSeq: number): void
  posted(groupId: string, messageId: string, placed: Placed): void
  edited(groupId: string, messageId: string): void
  deleted(groupId: string, messageId: string): void
  ended(groupId: string): void
  setHold(kind: 'group' | 'person', id: string, held: boolean): void
  isHeld(groupId: string, authorId: string): boolean
  setPerson(userId: string, change: Partial<Person>): void

  /** Groups with an event in the range, in the order of their ids, after one. */
  nextGroup(after: string, range: Range): string | undefined
  isEnded(groupId: string): boolean
  message(groupId: string, messageId: string): MessageFacts | undefined
  person(userId: string): Person
  /** Events of a group in the log's order, in pages that the memory holds. */
  events(groupId: string, after: { readonly seq: number; readonly index: number }): Iterable<Placed>
  /** What is needed to know a group at a place: its events beside messages, up to there. */
  eventsUpTo(groupId: string, last: { readonly seq: number; readonly index: number }): Iterable<Event>

  written(): Written | undefined
  /** A part is finished: with its files, and what it counts. */
  finish(written: Written, files: readonly WrittenFile[], counts: readonly GroupCount[]): void
  file(path: string): WrittenFile | undefined
  files(): Iterable<WrittenFile>
  counts(): Iterable<GroupCount>
}

/** The bytes of attachments. Undefined: the file is gone. */
export interface Attachments {
  read(fileId: string): Promise<ReadableStream<Uint8Array> | undefined>
}

/** Writes the entries of one part. What it has written appears only when it is finished, and begins anew if it is not. */
export interface PartWriter {
  add(entry: Entry): Promise<void>
  finish(): Promise<readonly WrittenFile[]>
  /** It is not needed: the run breaks off. */
  discard(): Promise<void>
}

/** A format of archives. */
export interface Format {
  /** Entries that it has a place for. */
  readonly kinds: readonly EntryKind[]
  /** `part`: from 1. */
  open(part: number): Promise<PartWriter>
}
