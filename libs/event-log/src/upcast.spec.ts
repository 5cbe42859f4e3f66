import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type Upcasters, upcast } from './upcast.js'

const event = (name: string, version: number) =>
  create(EventSchema, { version, body: { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) } })
const nameOf = ({ body }: Event) => (body.case === 'groupUpdated' ? body.value.name : undefined)
const upcaster = (suffix: string) => (old: Event) => event(`${nameOf(old)}${suffix}`, (old.version || 1) + 1)
const upcasters: Upcasters = { groupUpdated: { 1: upcaster('+2'), 2: upcaster('+3') } }

test.each([
  [0, 'x+2+3'],
  [1, 'x+2+3'],
  [2, 'x+3'],
  [3, 'x'],
])('version %i is translated step by step', (version, name) => {
  expect(nameOf(upcast(event('x', version), upcasters))).toBe(name)
})

test('an upcaster that does not set the next version is an error', () => {
  expect(() => upcast(event('x', 1), { groupUpdated: { 1: (old) => old } })).toThrow(/must give 2/)
})

test('without upcasters an event stays as it was written', () => {
  expect(nameOf(upcast(event('x', 1)))).toBe('x')
})
