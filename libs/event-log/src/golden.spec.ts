import { readFileSync } from 'node:fs'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { decodeCommit } from './codec.js'

/**
 * A log as version 1 wrote it: `v1.hex`, one commit per line, and its meaning, `v1.json`. Lines are never changed; a body that is added
 * later is appended to both, or gets a file of its version.
 */
const read = (name: string) => readFileSync(new URL(`./testing/golden/${name}`, import.meta.url), 'utf8')
const stored = read('v1.hex')
  .trim()
  .split('\n')
  .map((line) => new Uint8Array(Buffer.from(line, 'hex')))
const meant = JSON.parse(read('v1.json')) as JsonValue[]

test('every commit of the golden log still means the same', () => {
  const commits = stored.map((bytes, i) => decodeCommit('S', 's', i + 1, bytes).commit)
  expect(commits.map((commit) => toJson(CommitSchema, commit))).toEqual(meant)
})

test('the same commits are encoded to the same bytes', () => {
  const written = meant.map((commit) =>
    Buffer.from(toBinary(CommitSchema, fromJson(CommitSchema, commit))).toString('hex'),
  )
  expect(written).toEqual(stored.map((bytes) => Buffer.from(bytes).toString('hex')))
})

test('every kind of event is in the golden log', () => {
  const bodies = EventSchema.oneofs.find(({ name }) => name === 'body')?.fields.map(({ jsonName }) => jsonName) ?? []
  const text = JSON.stringify(meant)
  expect(bodies.filter((body) => !text.includes(`"${body}":`))).toEqual([])
})
