import { AttachmentSchema, PollSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { plainText } from './plain-text.js'

const said = { text: '**Tea**?', attachments: [], deleted: false }
const t = (key: string, { text = '' }: Record<string, string> = {}) => (text === '' ? key : `${key} ${text}`)
const line = (message: Parameters<typeof plainText>[0]) => plainText(message, () => 'Bob', t)

test('a text, a file without one, and what is deleted', () => {
  const voice = create(AttachmentSchema, { voice: true })
  expect(line(said)).toBe('Tea?')
  expect(line({ ...said, text: '', attachments: [voice] })).toBe('chat.voiceMessage')
  expect(line({ ...said, deleted: true })).toBe('chat.deletedMessage')
})

test('a poll is said to be one', () => {
  expect(line({ ...said, poll: create(PollSchema, { options: ['yes', 'no'] }) })).toBe('chat.poll Tea?')
})
