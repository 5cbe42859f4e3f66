import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ForwardedSchema } from '@beseda/proto/group/v1/events'
import {
  AttachmentInputSchema,
  type FilePurpose,
  FileSchema,
  MessageSchema,
} from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { type Draft, MessageContents } from './message-contents.js'

const signal = new AbortController().signal
const FILES = new Map([
  ['cat', { name: 'cat.png', contentType: 'image/png', width: 4, height: 3, hasThumbnail: true, moves: true }],
  ['voice', { name: 'voice.webm', contentType: 'video/webm' }],
])
const files = {
  async require(fileId: string, userId: string, purpose: FilePurpose) {
    const file = FILES.get(fileId)
    if (!file || userId !== 'ann') throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    return create(FileSchema, { id: fileId, ...file, purpose })
  },
}
const ORIGINAL = { id: 'm', authorId: 'bob', text: 'worth it', sentAt: timestampFromMs(7) }
const contents = (original: Partial<typeof ORIGINAL> & { forwarded?: object; authorName?: string } = {}) =>
  new MessageContents(files, { read: async () => create(MessageSchema, { ...ORIGINAL, ...original }) })
const draft = (more: Partial<Draft> = {}): Draft => ({ text: '', attachments: [], forward: undefined, ...more })
const attach = (fileId: string, voice = false) =>
  create(AttachmentInputSchema, { fileId, voice, durationMs: 900, waveform: new Uint8Array([1, 2]) })
const forward = { groupId: 'g', messageId: 'm' }

test('a text, files in the order in which they were chosen, or both', async () => {
  expect(await contents().of(draft({ text: 'a\r\nb' }), 'ann', signal)).toMatchObject({ text: 'a\nb', attachments: [] })
  const attachments = [attach('voice', true), attach('cat')]
  expect(await contents().of(draft({ attachments }), 'ann', signal)).toMatchObject({
    text: '',
    attachments: [
      { fileId: 'voice', voice: true, durationMs: 900, waveform: new Uint8Array([1, 2]) },
      { fileId: 'cat', voice: false, durationMs: 0, name: 'cat.png', width: 4, hasThumbnail: true, moves: true },
    ],
  })
})

test('a forwarded message keeps whose it was first, and no name of a person', async () => {
  const made = await contents().of(draft({ forward }), 'ann', signal)
  expect(made).toMatchObject({
    text: 'worth it',
    forwarded: { authorId: 'bob', authorName: '', sentAt: ORIGINAL.sentAt },
  })
  const first = create(ForwardedSchema, { authorId: 'eve' })
  expect((await contents({ forwarded: first }).of(draft({ forward }), 'ann', signal)).forwarded).toEqual(first)
  const byWebhook = await contents({ authorName: 'CI' }).of(draft({ forward }), 'ann', signal)
  expect(byWebhook.forwarded).toMatchObject({ authorName: 'CI' })
})

test.each<[string, Draft, string, ErrorReason]>([
  ['nothing', draft(), 'ann', ErrorReason.INVALID_REQUEST],
  ['the file of somebody else', draft({ attachments: [attach('cat')] }), 'bob', ErrorReason.FILE_NOT_FOUND],
  ['a picture as a voice message', draft({ attachments: [attach('cat', true)] }), 'ann', ErrorReason.BAD_FILE],
  ['words beside what is forwarded', draft({ forward, text: 'look' }), 'ann', ErrorReason.INVALID_REQUEST],
  ['files beside it', draft({ forward, attachments: [attach('cat')] }), 'ann', ErrorReason.INVALID_REQUEST],
])('%s is refused', async (_, what, by, reason) => {
  await expect(contents().of(what, by, signal)).rejects.toMatchObject({ reason })
})
