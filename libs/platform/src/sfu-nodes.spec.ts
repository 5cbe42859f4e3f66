import { expect, test } from 'vitest'
import { readSfuNodes } from './sfu-nodes.js'

test('none, one and several nodes are named', () => {
  expect(readSfuNodes({})).toEqual([])
  expect(
    readSfuNodes({ SFU_NODES: ' wss://sfu1.example.org/=http://sfu1:7880/ , ws://localhost:1=http://127.0.0.1:1' }),
  ).toEqual([
    { url: 'wss://sfu1.example.org', inside: 'http://sfu1:7880' },
    { url: 'ws://localhost:1', inside: 'http://127.0.0.1:1' },
  ])
})

test.each(['wss://sfu1.example.org', 'http://sfu1:7880', 'https://a=http://b', 'wss://=http://b', 'wss://a=ftp://b'])(
  '%s is refused, with a sentence that names the variable',
  (text) => expect(() => readSfuNodes({ SFU_NODES: text })).toThrow(/^SFU_NODES must be like/),
)
