import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CaptionMessage, messageBytes, messageOf, NOTHING } from './messages.js'

const of = (text: string) => messageOf(new TextEncoder().encode(text))

test.each<CaptionMessage>([
  { state: { wants: true, speaks: 'server', keeps: true, agrees: ['laptop'] }, number: 7 },
  { said: { text: 'Да, <b>конечно</b>.', language: 'ru' }, number: 8 },
])('%j arrives as it was', (message) => {
  expect(messageOf(messageBytes(message))).toEqual(message)
})

test('what does not have the form is nothing, or as little as it can be', () => {
  for (const text of ['', 'null', '7', '[]', '{}', '{"said":{}}', '{"said":{"text":" \\u202e "}}', '{"state":null}'])
    expect(of(text)).toBeUndefined()
  expect(of('{"state":{"wants":1,"speaks":"all","agrees":[7,"x"]}}')).toEqual({
    state: { ...NOTHING, agrees: ['x'] },
    number: 0,
  })
  expect(of('{"said":{"text":"a\\u0000b\\nc","language":"<x>"}}')).toEqual({
    said: { text: 'a b c', language: '' },
    number: 0,
  })
  for (const number of ['-1', '1.5', '"7"', '1e400', 'null'])
    expect(of(`{"state":{},"number":${number}}`)).toEqual({ state: NOTHING, number: 0 })
})

test('no bytes are too much for it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (bytes, json) => {
      messageOf(bytes)
      const message = of(`{"said":{"text":${json}}}`)
      if (message && 'said' in message) expect(message.said.text.length).toBeLessThanOrEqual(500)
    }),
  )
})
