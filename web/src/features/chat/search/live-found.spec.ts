import { MessageDeletedSchema, MessageEditedSchema } from '@beseda/proto/group/v1/events'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../../sync/model/model.js'
import { LiveFound } from './live-found.js'

const found = (id: string, text = id, editedAt = 0) => ({
  groupId: `group of ${id}`,
  message: { id, text, editedAt } as ChatMessage,
})
const edited = (messageId: string, text: string) =>
  create(EventSchema, { body: { case: 'messageEdited', value: create(MessageEditedSchema, { messageId, text }) } })
const deleted = (messageId: string) =>
  create(EventSchema, { body: { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId }) } })
const texts = (live: LiveFound, ...all: ReturnType<typeof found>[]) => live.of(all).map(({ message }) => message.text)

describe('what happened while a list was in flight', () => {
  test('a deleted message, or one hidden for this person, does not come back', () => {
    const live = new LiveFound()
    live.take(deleted('a'), 5)
    live.hidden('b')
    expect(texts(live, found('a'), found('b'), found('c'))).toEqual(['c'])
  })

  test('an edited message shows its newest text', () => {
    const live = new LiveFound()
    live.take(edited('a', 'first'), 5)
    live.take(edited('a', 'second'), 6)
    expect(texts(live, found('a', 'old'))).toEqual(['second'])
  })

  test('a list that is ahead of an edit keeps its later text', () => {
    const live = new LiveFound()
    live.take(edited('a', 'first'), 5)
    expect(texts(live, found('a', 'second', 6))).toEqual(['second'])
  })

  test('messages of a group that was left are removed, until the person is in it again', () => {
    const live = new LiveFound()
    live.left('group of a')
    expect(texts(live, found('a'), found('b'))).toEqual(['b'])
    live.joined('group of a')
    expect(texts(live, found('a'))).toEqual(['a'])
  })
})
