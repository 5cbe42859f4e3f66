import { AttachmentInputSchema, type File as StoredFile } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { keepLocal } from '../net/files.js'
import { connection, groups as groupService } from '../net/index.js'
import type { OutgoingFile, OutgoingMessage, WaitingFile } from './model/outgoing.js'

/** Posts a message; resolves when it is in the log. */
export async function postMessage(message: OutgoingMessage): Promise<void> {
  const {
    id,
    groupId,
    text,
    replyTo = '',
    threadId = '',
    alsoToGroup = false,
    files = [],
    forward,
    createdAt,
  } = message
  const attachments = files.map(({ fileId, voice, durationMs, waveform }) =>
    create(AttachmentInputSchema, { fileId, voice, durationMs, waveform: new Uint8Array(waveform) }),
  )
  const more = forward ? { forward } : {}
  const click = connection.tracer?.click(createdAt)
  const options = click ? { headers: { traceparent: click.traceparent } } : {}
  await groupService
    .postMessage({ messageId: id, groupId, text, replyTo, threadId, alsoToGroup, attachments, ...more }, options)
    .finally(() => click?.end())
}

export const toOutgoing = (file: StoredFile, voice: WaitingFile['voice']): OutgoingFile => ({
  fileId: file.id,
  name: file.name,
  contentType: file.contentType,
  size: Number(file.size),
  width: file.width,
  height: file.height,
  hasThumbnail: file.hasThumbnail,
  voice: voice !== undefined,
  durationMs: voice?.durationMs ?? 0,
  waveform: voice?.waveform ?? [],
})

/** Uploads a file that has waited with its message. Its preview stays on the screen. */
export async function uploadWaiting({ name, content, voice }: WaitingFile): Promise<OutgoingFile> {
  const { uploadFile } = await import('../net/upload.js')
  const file = toOutgoing(await uploadFile(content, name), voice)
  keepLocal(file.fileId, content)
  return file
}
