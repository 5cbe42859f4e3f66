import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Attachments, PartWriter, Person, WrittenFile } from '../../application/ports.js'
import { titleOf } from '../../domain/entries.js'
import type { Entry, EntryMessage } from '../../domain/entry.js'
import { safeName } from '../file-names.js'
import { HashedFile } from '../hashed-file.js'
import { type CsvOptions, csvPart } from './csv.js'
import { kindOfGroup, saidIn } from './words.js'

/** Nobody can own it (RFC 2606): Beseda knows no addresses of people. */
const DOMAIN = 'beseda.invalid'
/** Mails that wait for the disk together. More: more memory and open files; fewer: a flush of the disk for each. */
const AT_ONCE = 32

/** A mail for each message and each edit (RFC 5322, RFC 2045); who came, went and deleted something stands in a table beside them. */
export async function emlPart(options: CsvOptions & { readonly source: Attachments }): Promise<PartWriter> {
  const written: WrittenFile[] = []
  let mails: (() => Promise<WrittenFile>)[] = []
  let table: PartWriter | undefined
  const flush = async () => {
    const results = await Promise.allSettled(mails.map((write) => write()))
    mails = []
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason
      written.push(result.value)
    }
  }
  return {
    async add(entry) {
      const { message } = entry
      if (message && entry.kind !== 'deletion') {
        mails.push(() => writeMail(entry, message, options))
        if (mails.length >= AT_ONCE) await flush()
        return
      }
      table ??= await csvPart(options)
      await table.add(entry)
    },
    async finish() {
      await flush()
      return [...written, ...((await table?.finish()) ?? [])]
    },
    discard: async () => table?.discard(),
  }
}

async function writeMail(
  entry: Entry,
  message: EntryMessage,
  { folder, person, source, epochOf }: CsvOptions & { readonly source: Attachments },
): Promise<WrittenFile> {
  const { group, at, kind, personId, place } = entry
  const isEdit = kind === 'edit'
  const parent = isEdit ? message.id : message.replyTo || message.threadId
  const mail = new MailComposer({
    from: sender(personId, message, person),
    to: { name: titleOf(entry), address: `${group.id}@${DOMAIN}` },
    subject: titleOf(entry),
    date: new Date(at),
    messageId: idOf(isEdit ? place.replaceAll('/', '.') : message.id),
    ...(parent === '' ? {} : { inReplyTo: idOf(parent), references: referencesOf(message, parent) }),
    text: saidIn(message),
    attachments: await Promise.all(
      message.attachments.map(async ({ fileId, name, contentType }) => ({
        ...{ filename: safeName(name), contentType: contentType || 'application/octet-stream' },
        content: await contentOf(fileId, source),
      })),
    ),
    headers: {
      'X-Beseda-Group': group.id,
      'X-Beseda-Group-Kind': kindOfGroup(group.kind),
      'X-Beseda-Message': message.id,
      'X-Beseda-User': personId,
      'X-Beseda-Event': epochOf(place),
      'X-Beseda-Update': isEdit ? 'edited' : message.erased ? 'erased' : message.edited ? 'edited later' : 'none',
    },
    ...{ newline: 'windows', baseBoundary: message.id, disableFileAccess: true, disableUrlAccess: true },
  })
  const [day = '', time = ''] = new Date(at).toISOString().split('T')
  const name = `${time.slice(0, 8).replaceAll(':', '')}-${safeName(message.id)}${isEdit ? `-edit-${place.split('/').slice(1).join('-')}` : ''}`
  return HashedFile.of(
    folder,
    `eml/${safeName(group.id)}/${day}/${name}.eml`,
    mail.compile().createReadStream() as AsyncIterable<Buffer>,
  )
}

const idOf = (id: string): string => `<${id}@${DOMAIN}>`

/** From the first message of the thread down to the one that is answered. */
function referencesOf({ threadId }: EntryMessage, parent: string): string[] {
  return [...new Set([threadId, parent])].filter((id) => id !== '').map(idOf)
}

function sender(personId: string, { authorName }: EntryMessage, person: (id: string) => Person) {
  const { username, displayName } = person(personId)
  const name = authorName || displayName || username || (personId === '' ? '' : 'Deleted account')
  return { name, address: `${username || personId || 'unknown'}@${DOMAIN}` }
}

async function contentOf(fileId: string, source: Attachments): Promise<Readable | string> {
  const content = await source.read(fileId)
  return content ? Readable.fromWeb(content as NodeStream) : '(this file is gone)'
}
