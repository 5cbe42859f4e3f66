import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { decodedCommit } from './decoded-commit.js'

const frameOf = (id: string) => create(FrameSchema, { commit: toBinary(CommitSchema, create(CommitSchema, { id })) })

test('a frame is decoded once for all readers', () => {
  const [one, other] = [frameOf('1'), frameOf('2')]
  expect(decodedCommit(one).id).toBe('1')
  expect(decodedCommit(other).id).toBe('2')
  expect(decodedCommit(one)).toBe(decodedCommit(one))
})
