import { expect, test } from 'vitest'
import { wholeText } from '../../../i18n/formats.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { copiedText } from './copied-text.js'

const ANN = '017f22e2-79b0-7cc3-98c4-000000000001'
const said = (text: string, more: Partial<ChatMessage> = {}) =>
  ({
    text,
    authorId: ANN,
    authorName: '',
    attachments: [],
    deleted: false,
    sentAt: 0,
    ...more,
  }) as unknown as ChatMessage
const nameOf = () => 'Ann'
const t = (key: string) => key
const copied = (...messages: ChatMessage[]) => copiedText(messages, nameOf, t, 'en')

test('one message is its text, with people by name', () => {
  expect(copied(said(`**hi** <@${ANN}>`))).toBe('**hi** @Ann')
})

test('several have their authors and times', () => {
  const time = wholeText(0, 'en')
  expect(copied(said('one'), said('two', { authorName: 'CI' }))).toBe(`Ann, ${time}\none\n\nCI, ${time}\ntwo`)
})

test('a message that is a file only is named', () => {
  const attachments = [{ name: 'plan.pdf', contentType: 'application/pdf' }] as unknown as ChatMessage['attachments']
  expect(copied(said('', { attachments }))).toBe('plan.pdf')
})
