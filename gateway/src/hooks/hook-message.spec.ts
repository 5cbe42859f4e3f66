import { MAX_TEXT, parseMarkup } from '@beseda/rules'
import { describe, expect, test } from 'vitest'
import { link, md, plain, webAddress } from './markdown.js'
import { messageOf } from './testing.js'

const ID = '0191d3a4-1111-7000-8000-000000000001'

describe('what is posted', () => {
  test('the payload of this API stays as it is, whatever its type is said to be', () => {
    const payload = { text: 'a *b* <https://x|y>', name: 'Forecast', id: ID }
    expect(messageOf(payload)).toEqual({ ...payload, answersOk: false })
    expect(messageOf({ text: 'x' })).toEqual({ text: 'x', name: '', id: '', answersOk: false })
  })

  test.each([
    ['no text', {}],
    ['a text that is none', { text: 1 }],
    ['an id that is none', { text: 'x', id: 'x' }],
  ])('%s is refused', (_, payload) => expect(() => messageOf(payload)).toThrow('INVALID_REQUEST'))

  test.each(['', 'no json', '[1]', '"text"', 'payload=', 'payload=%7B', '\u0000'])('%j is refused', (text) =>
    expect(() => messageOf({}, { body: new TextEncoder().encode(text) })).toThrow('INVALID_REQUEST'),
  )

  test('a delivery that is made again has the same id; one without a UUID has none', () => {
    const idOf = (token: string, gitHubDelivery: string) =>
      messageOf({}, { token, gitHubEvent: 'ping', gitHubDelivery }).id
    const id = idOf('one', ID)
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(idOf('one', ID.toUpperCase())).toBe(id)
    expect(messageOf({}, { token: 'one', gitLabEvent: 'Push Hook', idempotencyKey: ID }).id).toBe(id)
    // GitHub names an event, not its delivery to one of several webhooks.
    expect(idOf('another', ID)).not.toBe(id)
    expect(messageOf({}, { gitLabEvent: 'Push Hook', idempotencyKey: 'x' }).id).toBe('')
  })

  test('is never longer than a message may be', () => {
    const long = messageOf({ channel: 'c', text: `${'line of words\n'.repeat(1_000)}` }).text
    expect([...long].length).toBeLessThanOrEqual(MAX_TEXT)
    expect(long.endsWith('words\n…')).toBe(true)
    expect([...String(plain('🙂'.repeat(5_000)))]).toHaveLength(MAX_TEXT)
  })

  test('whatever is sent, there is a message or a typed refusal', () => {
    const strange = [null, 7, 'x', [], {}, [null], { type: 7 }, { elements: 'x' }, { text: {} }]
    const names = ['blocks', 'attachments', 'alerts', 'commits', 'repository', 'object_attributes', 'text', 'username']
    for (const value of strange)
      for (const headers of [{}, { gitHubEvent: 'push' }, { gitHubEvent: 'constructor' }, { gitLabEvent: 'x' }]) {
        const payload = {
          ...Object.fromEntries(names.map((name) => [name, value])),
          object_kind: 'toString',
          status: 'x',
          receiver: 'r',
        }
        try {
          expect(typeof messageOf(payload, headers).text).toBe('string')
        } catch (error) {
          expect((error as Error).name).toBe('Refusal')
        }
      }
  })
})

describe('words of strangers', () => {
  /** What a reader sees as text. */
  const read = (text: string) => {
    const [block] = parseMarkup(text)
    return block?.type === 'paragraph' ? block.inside : []
  }

  test('are no markup and no mention', () => {
    for (const words of ['**loud**', '<@all> hello', '||hidden||', '`x` *y*', 'a_b_c __init__'])
      expect(read(String(md`see ${words} there`))).toEqual([{ type: 'text', text: `see ${words} there` }])
  })

  test('name no address that is another one', () => {
    const links = read(String(md`see ${'[bank](https://evil.example)'} there`)).filter(({ type }) => type === 'link')
    expect(links).toMatchObject([{ named: false }])
  })

  test('get no back slash that would be seen', () => {
    expect(String(md`a ${'snake_case [x] 2*3'} b`)).toBe('a snake_case [x] 2*3 b')
  })

  test('lead only to addresses of the web, and stay in their brackets', () => {
    expect(String(link('x', 'javascript:alert(1)'))).toBe('x')
    expect(String(link('a](https://evil.example)[b', 'https://example.com/(1)'))).toContain(
      '](https://example.com/%281%29)',
    )
    expect(read(String(link('a](https://evil.example)[b', 'https://example.com')))).toMatchObject([
      { type: 'link', href: 'https://example.com' },
    ])
    expect(webAddress('https://example.com/a b')).toBe('https://example.com/a%20b')
  })

  test('are one line, and cut', () => {
    expect(String(md`${'first\n# second'}`)).toBe('first')
    expect([...String(md`${'x'.repeat(900)}`)]).toHaveLength(200)
  })
})
