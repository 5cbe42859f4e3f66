import { NoticeKind, NoticeSchema } from '@beseda/proto/membership/v1/membership_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import en from '../../i18n/en/groups.js'
import { noticeSentences } from './notice-text.js'

const words = { nameOf: (id: string) => id.toUpperCase(), timeOf: (ms: number) => `t${ms}` }
const sentences = (notice: MessageInitShape<typeof NoticeSchema>) =>
  noticeSentences(create(NoticeSchema, { groupName: 'Choir', ...notice }), words)

test('a ban says by whom, until when and why; a permanent one has no end', () => {
  const ban = { kind: NoticeKind.BANNED, byUserId: 'ann', reason: 'spam' }
  expect(sentences({ ...ban, expiresAt: timestampFromMs(5_000) })).toEqual([
    { key: 'bannedUntil', values: { group: 'Choir', name: 'ANN', time: 't5000' } },
    { key: 'reason', values: { reason: 'spam' } },
  ])
  expect(sentences({ ...ban, reason: '' }).map(({ key }) => key)).toEqual(['banned'])
})

test('every kind of notice has a sentence, and so has one that this version does not know', () => {
  const kinds = Object.values(NoticeKind).filter((kind): kind is NoticeKind => typeof kind === 'number')
  for (const kind of [...kinds, 99 as NoticeKind]) {
    for (const { key } of sentences({ kind })) expect(en.notices).toHaveProperty(key)
  }
})
