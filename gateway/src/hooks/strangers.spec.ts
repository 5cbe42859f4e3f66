import { hostOf, type Inline, MAX_TEXT, parseMarkup } from '@beseda/rules'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HookRequest } from './hook-message.js'
import { messageOf } from './testing.js'

/** Payloads by those who mean harm: whoever knows the address of a gateway, and whoever writes what a tool tells of. */
type Headers = Partial<HookRequest>
const FROM_GITHUB = ['push', 'issues', 'issue_comment', 'pull_request_review', 'workflow_run', 'release', 'constructor']
const FROM_GITLAB = ['push', 'issue', 'note', 'pipeline', 'build', 'release', 'deployment', 'wiki_page', 'toString']
const KINDS: readonly (readonly [object, Headers])[] = [
  ...FROM_GITHUB.map((gitHubEvent) => [{}, { gitHubEvent }] as const),
  ...FROM_GITLAB.map((kind) => [{ object_kind: kind }, { gitLabEvent: 'Some Hook' }] as const),
  [{ receiver: 'r', status: 'firing' }, {}],
  [{ channel: '#general' }, {}],
  [{}, {}],
]

/** The processor's milliseconds that a call takes, however busy the machine is. */
function costOf(call: () => unknown): number {
  const before = process.cpuUsage()
  call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
const refusalOrText = (payload: object, headers: Headers): string => {
  try {
    return messageOf(payload, headers).text
  } catch (error) {
    expect((error as Error).message).toBe('INVALID_REQUEST')
    return ''
  }
}

describe('a payload of the largest size', () => {
  const SIZE = 250_000
  const fill = (piece: string) => piece.repeat(SIZE / piece.length)
  const many = (one: object) => Array.from({ length: SIZE / JSON.stringify(one).length }, () => one)
  const rich = (...elements: object[]) => ({ blocks: [{ type: 'rich_text', elements: [{ type: 'x', elements }] }] })
  const address = `https://example.com/${fill('`.')}`
  const sender = { login: 'x', html_url: address }
  const button = { type: 'button', text: { text: 'x`*' }, url: 'https://example.com' }

  test.each<[string, object, Headers]>([
    ['spaces in rich text', rich({ type: 'text', text: `a${fill(' ')}b` }), {}],
    ['an address of Slack', { attachments: [{ title: 'x', title_link: address, image_url: address }] }, {}],
    ['an address of GitHub', { sender }, { gitHubEvent: 'star' }],
    ['an address of GitLab', { project: { name: 'x', web_url: address } }, { gitLabEvent: 'Push Hook' }],
    ['an address of an alert', { status: 'x', receiver: 'r', externalURL: address, alerts: [] }, {}],
    ['buttons', { blocks: [{ type: 'actions', elements: many(button) }] }, {}],
    ['blocks', { blocks: many({ type: 'section', text: { type: 'mrkdwn', text: '*a* <x|y> [`' } }) }, {}],
    ['attachments', { attachments: many({ title: '*x*', title_link: 'https://example.com', text: '`a' }) }, {}],
    ['codes of an emoji', rich({ type: 'emoji', unicode: fill('1f44b-') }), {}],
    ['labels', { status: 'x', receiver: 'r', alerts: [{ labels: { a: fill('`*[') } }] }, {}],
    ...['`', '` ', '```\n', '*', '* ', '_a ', '<', '<a|', '||', '[', '](', '&lt;', '> ', '- \n', '\\', '|\n'].flatMap(
      (piece): [string, object, Headers][] => [
        [`mrkdwn of ${JSON.stringify(piece)}`, { channel: 'c', text: fill(piece) }, {}],
        [
          `a comment of ${JSON.stringify(piece)}`,
          { action: 'opened', issue: { body: fill(piece) } },
          { gitHubEvent: 'issues' },
        ],
      ],
    ),
  ])('%s: read in no time, into a message of the usual size', (_, payload, headers) => {
    let text = ''
    const cost = costOf(() => {
      text = refusalOrText(payload, headers)
    })
    expect([...text].length).toBeLessThanOrEqual(MAX_TEXT)
    expect(cost).toBeLessThan(3_000)
  })
})

describe('whatever is sent, there is a message or a typed refusal', () => {
  test.each<[string, object, Headers]>([
    [
      'a note about what every object has',
      { object_attributes: { noteable_type: 'constructor' } },
      { gitLabEvent: 'x' },
    ],
    ['a review of that state', { review: { state: 'constructor' } }, { gitHubEvent: 'pull_request_review' }],
    ['a label that is an object', { status: 'x', receiver: 'r', alerts: [{ labels: { a: { toString: 1 } } }] }, {}],
    [
      'an indent below nothing',
      { blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_list', indent: -1, elements: [{}] }] }] },
      {},
    ],
  ])('%s', (_, payload, headers) => expect(typeof messageOf(payload, headers).text).toBe('string'))

  const NAMES = (
    'text blocks attachments elements type style indent unicode url fields title alerts labels annotations status commits ref ' +
    'issue review state comment body action object_attributes noteable_type note sender repository commonLabels toString __proto__ constructor'
  ).split(' ')
  const TYPES = 'section rich_text rich_text_list text emoji header actions context constructor opened firing'.split(
    ' ',
  )
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', '\ud800', 'constructor', ...TYPES),
    fc.string({ maxLength: 8 }),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 6, withCrossShrink: true }, leaf, tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    object: fc
      .array(fc.tuple(fc.constantFrom(...NAMES), tie('tree')), { maxLength: 8 })
      .map((entries) =>
        JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`),
      ),
  }))
  test('any JSON, for every kind of payload', () => {
    const payload = fc.array(fc.tuple(fc.constantFrom(...NAMES), tree), { maxLength: 12 }).map(Object.fromEntries)
    fc.assert(
      fc.property(payload, fc.constantFrom(...KINDS), (json, [more, headers]) => {
        expect(refusalOrText({ ...(json as object), ...more }, headers).length).toBeLessThanOrEqual(2 * MAX_TEXT)
      }),
      { numRuns: 300 },
    )
  })
})

function* inlines(nodes: readonly unknown[]): Generator<Inline> {
  for (const node of nodes) {
    if (typeof node !== 'object' || node === null) continue
    if ('type' in node) yield node as Inline
    yield* inlines(Array.isArray(node) ? node : Object.values(node))
  }
}
/** Links whose words hide where they lead, and mentions. */
const traps = (text: string): Inline[] =>
  [...inlines(parseMarkup(text))].filter(
    (node) => node.type === 'mention' || (node.type === 'link' && node.named && hostOf(node.href) === 'evil.example'),
  )

describe('words of strangers lead nobody elsewhere, and call nobody', () => {
  const PIECES = [
    ...'`|[]\\*_~<>#& \na-',
    ...['``', '```', '\n```\n', '||', '**', '\n\n', '    ', '\n|-|-|\n', '\ufdd0', '\n> ', '\n# '],
    ...[
      '](https://evil.example)',
      '[x](https://evil.example)',
      '<@all>',
      '`[x](https://evil.example)`',
      '&lt;@all&gt;',
    ],
  ]
  const words = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 14 }).map((pieces) => pieces.join(''))
  /** As tools put words of others into mrkdwn. */
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const url = 'https://good.example'
  const rich = (text: string, more: string) => [
    { type: 'text', text },
    { type: 'text', text: more, style: { code: true } },
    { type: 'emoji', name: text, unicode: '5b-78-5d' },
    { type: 'link', url, text: more },
    { type: 'text', text, style: { bold: true, strike: true } },
    { type: 'text', text: more, style: { code: true } },
    { type: 'user', user_id: text },
  ]
  const PLACES: Readonly<Record<string, (one: string, other: string) => readonly [object, Headers]>> = {
    'a comment of GitHub': (body, title) => [
      {
        action: 'created',
        comment: { body, html_url: url },
        issue: { title, html_url: url },
        sender: { login: title },
      },
      { gitHubEvent: 'issue_comment' },
    ],
    'commits of GitHub': (message, id) => [
      { ref: id, commits: [{ message, id, url }, { message: id, url }, { message }] },
      { gitHubEvent: 'push' },
    ],
    'a note of GitLab': (note, title) => [
      {
        object_kind: 'note',
        object_attributes: { note, url, noteable_type: 'Issue' },
        issue: { title },
        user: { name: note },
      },
      { gitLabEvent: 'Note Hook' },
    ],
    'a pipeline of GitLab': (status, ref) => [
      { object_kind: 'pipeline', object_attributes: { status, ref, id: ref, url, duration: status } },
      { gitLabEvent: 'Pipeline Hook' },
    ],
    alerts: (summary, label) => [
      {
        status: 'firing',
        receiver: label,
        alerts: [{ annotations: { summary }, labels: { label, [label]: summary } }],
      },
      {},
    ],
    mrkdwn: (one, other) => [
      { channel: 'c', text: `*${escaped(one)}* says <${url}|${escaped(other)}> \`${escaped(one)}\` ${escaped(other)}` },
      {},
    ],
    'names of Slack': (one, other) => [
      {
        channel: 'c',
        text: `<@U1|${escaped(one)}>${escaped(other)}<!date^1^x|${escaped(one)}><#C1|${escaped(other)}>`,
      },
      {},
    ],
    'plain text of Slack': (text, other) => [{ mrkdwn: false, text, attachments: [{ text: escaped(other) }] }, {}],
    'blocks of Slack': (one, other) => [
      {
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: one } },
          {
            type: 'section',
            text: { type: 'plain_text', text: other },
            fields: [{ type: 'mrkdwn', text: escaped(one) }],
          },
          { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: rich(one, other) }] },
          { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: rich(other, one) }] },
          {
            type: 'rich_text',
            elements: [
              { type: 'rich_text_list', elements: [{ elements: rich(other, one) }, { elements: rich(one, one) }] },
              { type: 'rich_text_quote', elements: rich(one, other) },
            ],
          },
          { type: 'image', alt_text: one, image_url: url },
        ],
      },
      {},
    ],
    'attachments of Slack': (one, other) => [
      {
        attachments: [
          {
            pretext: escaped(one),
            author_name: one,
            author_link: url,
            title: escaped(other),
            title_link: url,
            text: escaped(one),
            fields: [{ title: escaped(one), value: escaped(other) }],
            footer: escaped(other),
          },
        ],
      },
      {},
    ],
  }
  test.each(Object.entries(PLACES))('%s', (_, place) => {
    fc.assert(
      fc.property(words, words, (one, other) => {
        const text = refusalOrText(...place(one, other))
        expect(traps(text), text).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('over several lines of a quotation', () => {
    const comment = (body: string) =>
      messageOf({ action: 'created', comment: { body } }, { gitHubEvent: 'issue_comment' })
    const { text } = comment('[Review this\npull request](https://evil.example/login)')
    expect(traps(text)).toEqual([])
    expect(text).toContain('\\[Review this\n> pull request\\](https://evil.example/login)')
    for (const body of ['**a\nb**', '||a\nb||', '```\na\n```', '`a\nb`'])
      expect(inlinesOf(comment(body).text).filter(({ type }) => type !== 'text')).toEqual([])
  })
})

/** What stands in quotations. */
const inlinesOf = (text: string): Inline[] =>
  parseMarkup(text)
    .flatMap((block) => (block.type === 'quote' ? [...inlines(block.blocks)] : []))
    .filter(({ type }) => ['text', 'strong', 'em', 'code', 'spoiler', 'link'].includes(type))
