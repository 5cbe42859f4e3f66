import { describe, expect, test } from 'vitest'
import { fromMrkdwn } from './slack-text.js'
import { messageOf } from './testing.js'

/** Payloads with the fields that Slack's documentation gives to incoming webhooks, Block Kit and attachments. */
const shown = (payload: object) => messageOf({ channel: '#general', ...payload }).text

describe('mrkdwn', () => {
  test.each([
    ['*bold* and _soft_ and ~gone~', '**bold** and _soft_ and ~~gone~~'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['snake*case*d', 'snake*case*d'],
    [
      '<https://example.com/a|the page> or <https://example.com>',
      '[the page](https://example.com/a) or https://example.com',
    ],
    ['<mailto:ann@example.com|Ann> and <mailto:ann@example.com>', 'Ann and ann@example.com'],
    ['<javascript:alert(1)|press>', 'press'],
    ['<@U024BE7LH> in <#C024BE7LR|general>, <!subteam^SAZ94GDB8|@team>', '@U024BE7LH in #general, @team'],
    ['<!here> <!channel>', '@here @channel'],
    ['on <!date^1392734382^{date}|18 February>', 'on 18 February'],
    ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
    ['`*code* &lt;x&gt;` and ```\n*more*\n```', '`*code* <x>` and \n```\n*more*\n```'],
    ['• one\n• two', '- one\n- two'],
    ['&lt;@all&gt; and <https://example.com|[a] b>', '\\<@all> and [(a) b](https://example.com)'],
  ])('%s', (text, markdown) => expect(String(fromMrkdwn(text))).toBe(markdown))
})

test('a text, and the name it is from; the answer is the word that Slack says', () => {
  expect(messageOf({ text: 'Deployed *api*', username: 'deploybot', icon_emoji: ':ship:' })).toEqual({
    text: 'Deployed **api**',
    name: 'deploybot',
    id: '',
    answersOk: true,
  })
  expect(messageOf({ text: 'x', username: 'n'.repeat(80) }).name).toHaveLength(64)
})

test('blocks are shown instead of the text, those that only ask for something are not', () => {
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Budget' } },
    {
      type: 'section',
      text: { type: 'mrkdwn', text: '*Ann* asks for <https://example.com/1|leave>' },
      fields: [{ type: 'mrkdwn', text: '*When:*\nAug 10' }],
      accessory: { type: 'image', image_url: 'https://example.com/cat.png', alt_text: 'a cat' },
    },
    { type: 'divider' },
    {
      type: 'context',
      elements: [
        { type: 'image', image_url: 'https://example.com/x.png', alt_text: 'x' },
        { type: 'mrkdwn', text: 'by _Bob_' },
      ],
    },
    {
      type: 'actions',
      elements: [
        { type: 'button', text: { type: 'plain_text', text: 'Open' }, url: 'https://example.com' },
        { type: 'button', text: { type: 'plain_text', text: 'Approve' }, value: 'a' },
      ],
    },
    { type: 'image', image_url: 'https://example.com/plan.png', alt_text: 'the plan' },
    { type: 'input', label: { type: 'plain_text', text: 'Why?' } },
  ]
  expect(shown({ text: 'for notifications', blocks })).toBe(
    [
      '### Budget',
      '**Ann** asks for [leave](https://example.com/1)\n**When:**\nAug 10\n[a cat](https://example.com/cat.png)',
      '---',
      'by _Bob_',
      '[Open](https://example.com)',
      '[the plan](https://example.com/plan.png)',
    ].join('\n\n'),
  )
  expect(shown({ text: 'the text', blocks: [{ type: 'input' }] })).toBe('the text')
})

test('rich text', () => {
  const text = (words: string, style = {}) => ({ type: 'text', text: words, style })
  const elements = [
    {
      type: 'rich_text_section',
      elements: [
        text('Hi '),
        text('all ', { bold: true }),
        { type: 'emoji', name: 'wave', unicode: '1f44b' },
        { type: 'link', url: 'https://example.com', text: 'here' },
        text('x', { code: true }),
        { type: 'broadcast', range: 'here' },
      ],
    },
    {
      type: 'rich_text_list',
      style: 'ordered',
      elements: [
        { type: 'rich_text_section', elements: [text('one')] },
        { type: 'rich_text_section', elements: [text('two')] },
      ],
    },
    {
      type: 'rich_text_list',
      style: 'bullet',
      indent: 1,
      elements: [{ type: 'rich_text_section', elements: [text('deep')] }],
    },
    { type: 'rich_text_quote', elements: [text('said\nso')] },
    { type: 'rich_text_preformatted', elements: [text('a = 1')] },
  ]
  expect(shown({ blocks: [{ type: 'rich_text', elements }] })).toBe(
    'Hi **all** 👋[here](https://example.com)`x`@here\n1. one\n2. two\n  - deep\n> said\n> so\n```\na = 1\n```',
  )
})

test('attachments stand below as quotations, with what they have', () => {
  const attachments = [
    {
      fallback: 'not shown',
      color: '#36a64f',
      pretext: 'New ticket',
      author_name: 'Ann',
      author_link: 'https://example.com/ann',
      title: 'Slow page',
      title_link: 'https://example.com/t/1',
      text: 'It takes *9 s*',
      fields: [{ title: 'Priority', value: 'High', short: true }],
      image_url: 'https://example.com/graph.png',
      footer: 'Tickets',
      ts: 123456789,
    },
    { fallback: 'only this' },
  ]
  expect(shown({ text: 'Look', attachments })).toBe(
    'Look\n\nNew ticket\n> [Ann](https://example.com/ann)\n> **[Slow page](https://example.com/t/1)**\n> It takes **9 s**\n> **Priority:** High\n> [🖼](https://example.com/graph.png)\n> Tickets\n\n> only this',
  )
})

test('the field `payload` of a form is the same', () => {
  const body = new TextEncoder().encode(`payload=${encodeURIComponent(JSON.stringify({ text: 'a *b*' }))}`)
  expect(messageOf({}, { body })).toMatchObject({ text: 'a **b**', answersOk: true })
})

test('nothing to show is refused', () => {
  for (const payload of [{ blocks: [] }, { attachments: [{}] }, { text: ' ', channel: '#a' }])
    expect(() => messageOf(payload)).toThrow('INVALID_REQUEST')
})
