import { describe, expect, test } from 'vitest'
import { mentionsIn } from '../mentions.js'
import { firstLink, hasLink, parseMarkup, plainLine } from './index.js'
import { ANN, ann, short } from './testing.js'

describe('a link', () => {
  const alone = [
    'https://example.org/wiki/Bear_(disambiguation)',
    'https://example.org/a_b_c',
    'https://example.org/_a_/b*c*d',
    'https://example.org/~joe/x',
    "https://example.org/Devil's_advocate",
    'https://example.org/a[1]',
    'https://example.org/беседа',
    'https://президент.рф/о-нас',
    'https://例え.jp/パス?q=値#節',
    'https://example.org/a?b=c&amp;d#e',
    'http://localhost:8080/c/1?m=2',
    'http://[::1]:80/x',
    'HTTPS://EXAMPLE.ORG/X',
    'https://example.org/a|b',
    'https://example.org/a%20b',
  ]
  test.each(alone)('%s is itself, alone and in any surroundings', (address) => {
    const link = `link(${address})`
    expect(short(address)).toBe(`p(${link})`)
    expect(firstLink(address)).toBe(address)
    for (const [before, after] of [
      ['see ', '.'],
      ['(', ')'],
      ['"', '", he said'],
      ["'", "'"],
      ['«', '»'],
      ['“', '”!'],
      ['[', ']'],
      ['', ', and'],
      ['', '...'],
      ['', '?!'],
      ['見て', '、次'],
      ['看', '，谢谢'],
      ['', '。'],
      ['‚', '‘'],
      ['‹', '›'],
      ['»', '«'],
      ['〈', '〉'],
      ['｢', '｣'],
      ['', ' — so'],
      ['', '؟'],
      ['', '।'],
    ])
      expect(short(`${before}${address}${after}`)).toBe(`p(${before}${link}${after})`)
    expect(short(`**${address}**`)).toBe(`p(strong(${link}))`)
    expect(short(`*${address}*, x`)).toBe(`p(em(${link}), x)`)
    expect(short(`||${address}||`)).toBe(`p(spoiler(${link}))`)
    expect(short(`<${address}>`)).toBe(`p(${link})`)
  })

  test.each([
    ['[words](https://example.org/a_(b))', 'p(link(https://example.org/a_(b) words))'],
    ['[**b**](https://example.org)', 'p(link(https://example.org strong(b)))'],
    ['[example.org](https://www.example.org/x)', 'p(link(https://www.example.org/x example.org))'],
    ['[README.md](https://example.org/x)', 'p(link(https://example.org/x README.md))'],
    ['[write](mailto:a@b.org)', 'p(link(mailto:a@b.org write))'],
    ['a@b.org, x', 'p(link(a@b.org), x)'],
    ['git@github.com:a/b.git', 'p(git@github.com:a/b.git)'],
    ['www.example.org/x', 'p(link(www.example.org/x))'],
    ['https://example.org/?q="a", x', 'p(link(https://example.org/?q="a"), x)'],
    ['https://', 'p(https://)'],
    ['https://a.example,https://b.example', 'p(link(https://a.example),link(https://b.example))'],
    ['https://a.example/x;https://b.example', 'p(link(https://a.example/x);link(https://b.example))'],
    ['https://a.example/https://b.example', 'p(link(https://a.example/https://b.example))'],
    ['https://example.org—да', 'p(link(https://example.org)—да)'],
    ['👉https://example.org👈', 'p(👉link(https://example.org)👈)'],
    ['https://i❤.example', 'p(link(https://i❤.example))'],
    ['https://👍.example/x', 'p(link(https://👍.example/x))'],
    ["o'brien@example.org", "p(link(o'brien@example.org))"],
    ["'a@b.org'", "p('link(a@b.org)')"],
    ['javascript:alert(1)', 'p(javascript:alert(1))'],
    ['`https://example.org`', 'p(code(https://example.org))'],
  ])('%s', (text, expected) => expect(short(text)).toBe(expected))

  test('has a port that exists', () => {
    expect(short('https://example.org:65535/x')).toBe('p(link(https://example.org:65535/x))')
    expect(short('https://example.org:65536/x')).toBe('p(https://example.org:65536/x)')
  })

  test('never says one address and leads to another', () => {
    expect(short('[https://bank.example](https://evil.example)')).toBe(
      'p([link(https://bank.example)](link(https://evil.example)))',
    )
    expect(short('[bank.example/x](https://evil.example)')).toContain('bank.example/x')
    for (const words of [
      'see https://bank.example/x',
      '**bank.example**',
      '`bank.example`',
      '"bank.example"',
      '→ bank.example!',
      '\u200bbank.example',
      'bank.exam\u00adple',
      'ｂａｎｋ．ｅｘａｍｐｌｅ',
      'bank。example',
      'www.bank.example',
      '192.0.2.1',
      'me@bank.example',
    ]) {
      expect(short(`[${words}](https://evil.example)`)).toMatch(/\]\(link\(https:\/\/evil\.example\)\)/)
      expect(short(`[${words}](mailto:a@evil.example)`)).not.toContain('mailto:a@evil.example')
    }
    expect(short('[me@bank.example](mailto:me@bank.example)')).toBe('p(link(mailto:me@bank.example me@bank.example))')
    expect(short('[vue@3.5.0 and @ann](https://example.org)')).toBe('p(link(https://example.org vue@3.5.0 and @ann))')
    expect(short('https://bank.example\\@evil.example')).toBe('p(link(https://bank.example)\\@evil.example)')
  })

  test.each([
    ['look: https://example.org/a?b=c#d.', 'https://example.org/a?b=c#d'],
    ['[words](https://example.org/x) and https://second.example', 'https://example.org/x'],
    ['www.example.org', 'https://www.example.org'],
    ['a@b.org', undefined],
    ['```\nhttps://example.org\n```', undefined],
    ['||https://a.example|| https://b.example', 'https://b.example'],
  ])('of "%s" the first is %s', (text, link) => expect(firstLink(text)).toBe(link))

  test.each([
    ['WWW.example.org', true],
    ['> see [this](https://example.org)', true],
    ['||https://example.org||', true],
    ['||\nhttps://example.org\n||', true],
    ['`https://example.org`', false],
    ['```\nhttps://example.org\n```', false],
    ['https://', false],
    ['a@b.org', false],
  ])('whether "%s" has a link: %s', (text, expected) => expect(hasLink(text)).toBe(expected))
})

describe('nobody is called', () => {
  test.each([
    `\`${ann}\``,
    `\`\`\`\n${ann} <@all>\n\`\`\``,
    `    ${ann}`,
    `\\${ann}`,
    `> ${ann} said`,
    `>${ann} said`,
    `> > ${ann}`,
    `- a\n  > ${ann}`,
    `~~~\n<@admins>\n~~~`,
    `\`\`\`\nnot closed ${ann}`,
  ])('in %s', (text) => expect(mentionsIn(text)).toEqual({ userIds: [], all: false, admins: false }))

  test.each([
    `${ann} hi`,
    `**${ann}**`,
    `||${ann}||`,
    `- ${ann}`,
    `> quoted\n${ann}`,
    `# ${ann}`,
    `a|b\n-|-\n${ann}|c`,
  ])('but is in %s', (text) => expect(mentionsIn(text).userIds).toEqual([ANN]))
})

describe('in one line', () => {
  test.each([
    [
      'if a > b && C# or issue #42: x*y*z > `code > here` 5*3 _snake_ ~tilde~',
      'if a > b && C# or issue #42: x*y*z > code > here 5*3 snake ~tilde~',
    ],
    ['**Bold**\n\n- a\n- [x] b', 'Bold - a - [x] b'],
    ['> said\nanswer', '> said answer'],
    ['[words](https://example.org) https://a.example/x_y', 'words https://a.example/x_y'],
    ['a ||b|| c', 'a ▒▒▒ c'],
    [`hi ${ann}!`, 'hi @Ann!'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', 'a | b 1 | 2'],
    ['```ts\nlet a\n```', 'let a'],
    ['# Title', 'Title'],
  ])('%s', (text, line) => expect(plainLine(text, () => 'Ann')).toBe(line))
})

test.each([
  ['quotes in quotes', '> '.repeat(2_000)],
  ['signs of quotes', '>'.repeat(3_999)],
  ['brackets', '['.repeat(3_999)],
  ['pairs of brackets', '[]('.repeat(1_333)],
  ['stars', '*a '.repeat(1_333)],
  ['stars in a row', '*'.repeat(3_999)],
  ['stars and lines', '*a_ '.repeat(1_000)],
  ['nested emphasis', `${'*a **b '.repeat(250)}${'b** a* '.repeat(250)}`],
  ['lists in lists', Array.from({ length: 80 }, (_, i) => `${' '.repeat(i)}- x`).join('\n')],
  ['links that never close', '[a](https://a.b'.repeat(260)],
  ['parentheses', `[a](${'('.repeat(3_900)}`],
  ['back ticks', '`a``b```c'.repeat(440)],
  ['spoilers', '||a'.repeat(1_333)],
  ['spoilers over lines', '||a\n\n'.repeat(666)],
  ['half spoilers', 'x|| a ||'.repeat(500)],
  ['bars', '|'.repeat(3_999)],
  ['tables', 'a|b\n-|-\n'.repeat(500)],
  ['fences', '```a\n'.repeat(800)],
  ['addresses', 'http://'.repeat(570)],
  ['mailboxes', 'a@'.repeat(2_000)],
  ['endings', `https://a.b/${')'.repeat(3_900)}`],
  ['escapes', '\\*'.repeat(2_000)],
  ['items', '- '.repeat(2_000)],
])('withstands %s', (_, text) => expect(parseMarkup(text).length).toBeGreaterThan(0))
