import { newId } from '@beseda/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageNote, noteText } from './message-note.js'

const nameOf = () => 'Anna'
const posted = { messageId: 'm', text: '**hi** there', attachments: [], sentAt: 5, poll: false }
const group = { id: 'g', name: 'Team', direct: false }
const open = { hideContent: false, locale: 'en' }

test('a message says who, where and what, in one plain line', () => {
  expect(messageNote(posted, group, open, nameOf, 'Bob')).toEqual({
    kind: 'message',
    groupId: 'g',
    messageId: 'm',
    direct: false,
    groupName: 'Team',
    author: 'Bob',
    text: 'hi there',
    attachment: '',
    sentAt: 5,
    locale: 'en',
  })
})

test('for a reader who hides content the note names the group, and neither author nor text', () => {
  const note = messageNote(posted, group, { ...open, hideContent: true }, nameOf, 'Bob')
  expect(JSON.stringify(note)).not.toMatch(/Bob|hi there/)
  expect(note).toMatchObject({ groupName: 'Team', author: '', text: '', attachment: '' })
})

test.each([
  [{ contentType: 'image/png', voice: false }, 'picture'],
  [{ contentType: 'audio/ogg', voice: true }, 'voice'],
  [{ contentType: 'application/pdf', voice: false }, 'file'],
] as const)('a message without text is %o: %s', (file, attachment) => {
  expect(messageNote({ ...posted, text: '', attachments: [file] }, group, open, nameOf, 'Bob')).toMatchObject({
    attachment,
  })
})

test('of a poll the text is the question', () => {
  const note = messageNote({ ...posted, text: 'Tea?', poll: true }, group, open, nameOf, 'Bob')
  expect(note).toMatchObject({ text: 'Tea?', attachment: 'poll' })
})

test('names stand for ids, a spoiler stays one, lines become one, and plain signs stay', () => {
  expect(noteText(`<@${newId()}> ||who\n\ndid it|| 5*3 > # \n\n*that*`, nameOf)).toBe('@Anna ▒▒▒ 5*3 > # that')
})

test('whatever was written, the line is short and fits into a push', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 4_000 }), (text) => {
      const line = noteText(text, nameOf)
      expect([...line].length).toBeLessThanOrEqual(161)
      expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(3_000)
    }),
  )
})
