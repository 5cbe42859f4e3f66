import type { EventStore, StoredCommit } from '@beseda/event-log'
import { RETENTION_STREAM } from '@beseda/proto'
import type { CommitRedacted, Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from '../../domain/placed.js'
import { placedIn } from '../../domain/unfold.js'
import type { HeldEvent, Range, Workbook } from './ports.js'

/** Commits and bytes that are read at once: bounds the memory. */
const PAGE = 500
const PAGE_BYTES = 1 << 20

/** A part of the log that is read from its beginning to its end. `filter`: of one group; undefined: of all. */
export interface Source {
  readonly stream: string
  readonly filter: string | undefined
}

const nameOf = ({ stream, filter }: Source): string => (filter === undefined ? stream : `${stream} ${filter}`)

/**
 * Reads a source into the workbook, going on from where the last run came to. Reads to the very end of the log, whatever the range is: a commit that
 * an erasure has removed is explained by a redaction that stands after it (ADR 9), and what is deleted by now must not be in the archive.
 */
export async function collect(store: EventStore, workbook: Workbook, source: Source, range: Range): Promise<void> {
  const { stream, filter } = source
  const name = nameOf(source)
  for (;;) {
    const options = { afterSeq: workbook.readUpTo(name), limit: PAGE, enough: PAGE_BYTES }
    const commits = await store.read(stream, filter === undefined ? options : { ...options, filter })
    const last = commits.at(-1)
    if (!last) return
    workbook.atomically(() => {
      for (const commit of commits) take(workbook, commit, range)
      workbook.setReadUpTo(name, last.seq)
    })
  }
}

function take(workbook: Workbook, commit: StoredCommit, range: Range): void {
  for (const placed of placedIn(commit)) {
    const { body } = placed.event
    if (body.case === 'commitRedacted') redact(workbook, placed, body.value, range)
    else note(workbook, { ...placed, storedSeq: commit.seq }, range)
  }
}

function redact(workbook: Workbook, placed: Placed, { seq, kept }: CommitRedacted, range: Range): void {
  workbook.dropCommit(placed.groupId, Number(seq))
  for (const one of kept) {
    if (!one.event) continue
    const place = { stream: placed.place.stream, seq: Number(one.seq), index: one.index }
    const at = one.time ? timestampMs(one.time) : placed.at
    const held = { ...placed, place, at, event: one.event, storedSeq: placed.place.seq }
    note(workbook, held, range)
  }
}

function note(workbook: Workbook, held: HeldEvent, range: Range): void {
  const { groupId, event, at } = held
  const { body } = event
  if (body.case === 'messagePosted') workbook.posted(groupId, body.value.messageId, held)
  if (body.case === 'messageEdited' && at < range.to) workbook.edited(groupId, body.value.messageId)
  if (body.case === 'messageDeleted') workbook.deleted(groupId, body.value.messageId)
  if (body.case === 'groupDeleted') workbook.ended(groupId)
  // Who was in the group, and what it was called, is known only from its beginning.
  if (at < range.to && (at >= range.from || !isMessages(held))) workbook.keep(held)
}

const isMessages = ({ lane }: HeldEvent): boolean => lane === 'messages' || lane === 'calls'

/** Reads who people are from the log of accounts; passwords and tokens are passed over. */
export async function collectPeople(store: EventStore, workbook: Workbook, stream: string): Promise<void> {
  for (;;) {
    const afterSeq = workbook.readUpTo(stream)
    const commits = await store.read(stream, {
      afterSeq,
      filter: 'identity.account.*',
      limit: PAGE,
      enough: PAGE_BYTES,
    })
    const last = commits.at(-1)
    if (!last) return
    workbook.atomically(() => {
      for (const { subject, commit } of commits) {
        const userId = subject.split('.').at(-1) ?? ''
        for (const event of commit.events) takePerson(workbook, userId, event)
      }
      workbook.setReadUpTo(stream, last.seq)
    })
  }
}

function takePerson(workbook: Workbook, userId: string, { body }: Event): void {
  switch (body.case) {
    case 'accountRegistered':
    case 'botCreated': {
      const { username, displayName } = body.value
      const kind = body.case === 'botCreated' ? 'bot' : 'user'
      workbook.setPerson(userId, { username, displayName, kind })
      break
    }
    case 'profileChanged':
      if (body.value.displayName !== undefined) workbook.setPerson(userId, { displayName: body.value.displayName })
      break
    case 'accountDeleted':
      workbook.setPerson(userId, { username: '', displayName: '', kind: 'gone' })
  }
}

/** Reads what is on legal hold now. */
export async function collectHolds(store: EventStore, workbook: Workbook): Promise<void> {
  for (;;) {
    const afterSeq = workbook.readUpTo(RETENTION_STREAM)
    const commits = await store.read(RETENTION_STREAM, { afterSeq, limit: PAGE })
    const last = commits.at(-1)
    if (!last) return
    workbook.atomically(() => {
      for (const { body } of commits.flatMap(({ commit }) => commit.events)) {
        if (body.case !== 'holdChanged') continue
        const { groupId, userId, held } = body.value
        workbook.setHold(userId === '' ? 'group' : 'person', userId || groupId, held)
      }
      workbook.setReadUpTo(RETENTION_STREAM, last.seq)
    })
  }
}

/** Errors: a sentence, when a group that is asked for is not in the log. */
export async function assertKnown(
  store: EventStore,
  groups: readonly (Source & { readonly groupId: string })[],
): Promise<void> {
  for (const { stream, filter = '', groupId } of groups) {
    const [first] = await store.read(stream, { afterSeq: 0, filter, limit: 1 })
    if (!first) throw new Error(`There is no group ${groupId}.`)
  }
}
