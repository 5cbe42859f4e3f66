import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mentionsIn } from '../mentions.js'
import { firstLink, parseMarkup, plainLine } from './index.js'
import type { Block, Inline } from './nodes.js'

const ANN = '018f0000-0000-7000-8000-000000000001'
const ann = `<@${ANN}>`

/** The parts in short: `p(words strong(words))`. */
const short = (text: string): string => parseMarkup(text).map(ofBlock).join(' ')
const all = (blocks: readonly Block[]) => blocks.map(ofBlock).join(' ')
function ofBlock(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return `p(${block.inside.map(ofInline).join('')})`
    case 'heading':
      return `h${block.level}(${block.inside.map(ofInline).join('')})`
    case 'code':
      return `code:${block.language}(${block.text})`
    case 'rule':
      return 'rule'
    case 'list':
      return block.items
        .map(({ marker, done, blocks }) => `${marker}${done === undefined ? '' : done ? 'x' : '_'}(${all(blocks)})`)
        .join(' ')
    case 'table':
      return block.rows.map((row) => `row(${row.map((cell) => cell.map(ofInline).join('')).join('|')})`).join(' ')
    default:
      return `${block.type}(${all(block.blocks)})`
  }
}
function ofInline(node: Inline): string {
  if (node.type === 'text') return node.text
  if (node.type === 'code') return `code(${node.text})`
  if (node.type === 'mention') return `@(${node.target})`
  return `${node.type}(${node.type === 'link' && node.named ? `${node.href} ` : ''}${node.inside.map(ofInline).join('')})`
}

const PLAIN = [
  ...[
    '+',
    '-',
    '*',
    '#',
    '>',
    '_',
    '~',
    '`',
    '|',
    '=',
    '###',
    '>>',
    '***',
    '---',
    '```',
    '~~~',
    '||',
    '||||',
    '+1',
    '[]',
    '()',
  ],
  ...[
    '5*3*2 = 30',
    'x*y*z',
    '2 * 3 * 4',
    'a ** b ** c',
    '2**3**4',
    '/* a comment */',
    '**/*.ts',
    '*.ts *.js',
    'f(*args, **kwargs)',
  ],
  ...['my_file_name.txt', '__init__.py', '__init__', '_private', '/_foo_/bar', '~/dir/*.log', '~5 or ~10', '~tilde~'],
  ...[
    'C# and #1',
    '#1',
    '#tag',
    '1986',
    '-5',
    '>_<',
    '>:(',
    '2 > 1',
    '<ul>\n<li>a</li>\n</ul>',
    '<!--\none\n-->',
    '&amp; &lt;',
  ],
  ...[
    'Bye\n--',
    'Bye\n---',
    'Total\n=====',
    '[x]: y',
    '[a](b)',
    '[words](javascript:alert(1))',
    'a || b || c',
    'x||y||z',
  ],
  ...[
    '¯\\_(ツ)_/¯',
    'C:\\_temp\\*.log',
    '\\d+\\.\\d*',
    '\\\\server\\share',
    'price* and terms*',
    '| a | b |',
    'a | b\nc | d',
  ],
  ...[
    '  two  spaces  ',
    '\u200bzero',
    'one\ntwo\nthree',
    '- ',
    '1.',
    '1)',
    '***\n',
    'a\\',
    '||secret',
    '**open',
    '~~open',
    '`open',
  ],
]

describe('what is no markup', () => {
  test.each(PLAIN)('"%s" stays as it was typed', (text) => {
    expect(short(text)).toBe(`p(${text.trimEnd()})`)
    expect(plainLine(text, () => '')).toBe(text.replace(/\s+/g, ' ').trim())
  })

  const signs = fc.constantFrom(...'*_~`|#>-+=[]()<>!\\.:,"\'', ' ', '\n', 'a', 'b', '1', 'ж', '好')
  const written = fc.string({ unit: signs, maxLength: 60 })

  test('no letter or digit is dropped, whatever signs are around it', () => {
    fc.assert(
      fc.property(written, (text) => {
        const letters = (words: string) => words.replace(/[^ab1ж好]/g, '')
        expect(letters(everyText(parseMarkup(text)))).toBe(letters(text))
      }),
      { numRuns: 3_000 },
    )
  })

  test('words without signs come out of every rendering as they were typed', () => {
    const word = fc
      .stringMatching(/^[\p{L}\p{N}.,:;!?'"()«»—–@%/+=]{1,12}$/u)
      .filter((text) => !/www\.|https?:|\d[.)]$/i.test(text))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const text = words.join(' ').replace(/^[+-] /, '')
        expect(everyText(parseMarkup(text))).toBe(text)
        expect(plainLine(text, () => '')).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** All texts that a rendering shows. */
function everyText(blocks: readonly Block[]): string {
  const inlines = (nodes: readonly Inline[]): string =>
    nodes
      .map((node) => ('text' in node ? node.text : 'inside' in node ? inlines(node.inside) : `@${node.target}`))
      .join('')
  return blocks
    .map((block) => {
      if (block.type === 'list')
        return block.items.map(({ marker, blocks: inside }) => marker + everyText(inside)).join('')
      if (block.type === 'table') return block.rows.flat().map(inlines).join('')
      if (block.type === 'code') return block.language + block.text
      if ('text' in block) return block.text
      return 'inside' in block ? inlines(block.inside) : everyText(block.blocks)
    })
    .join('\n')
}

describe('markup', () => {
  test.each([
    ['**b** *i* _i_ __a b__ ~~d~~ `c`', 'p(strong(b) em(i) em(i) strong(a b) del(d) code(c))'],
    ['***both***', 'p(em(strong(both)))'],
    ['**a *b* c**', 'p(strong(a em(b) c))'],
    ['这是**重要**的', 'p(这是strong(重要)的)'],
    ['**Note:** text', 'p(strong(Note:) text)'],
    ['**two\nlines**', 'p(strong(two\nlines))'],
    ['`` a`b ``', 'p(code(a`b))'],
    ['` a `', 'p(code( a ))'],
    ['`**a**`', 'p(code(**a**))'],
    ['\\*not\\* \\`code\\`', 'p(*not* `code`)'],
    ['`C:\\`', 'p(code(C:\\))'],
    [`\\${ann}`, `p(${ann})`],
    ['# a\n## b\n### c #', 'h1(a) h2(b) h3(c #)'],
    ['\\# a\n\\- b\n1\\. c\n\\> d', 'p(# a\n- b\n1. c\n> d)'],
    ['a\n\n---\n\nb', 'p(a) rule p(b)'],
    ['> a\n> b\n\n> > c', 'quote(p(a\nb)) quote(quote(p(c)))'],
    ['>> a', 'quote(quote(p(a)))'],
    ['> quoted\nanswer', 'quote(p(quoted)) p(answer)'],
    ['a\n\nb', 'p(a) p(b)'],
    ['```ts\nlet a\n```', 'code:ts(let a)'],
    ['```\na\n\nb\n```\nc', 'code:(a\n\nb) p(c)'],
    ['```a b\nc```', 'code:(a b\nc)'],
    ['```a```', 'p(code(a))'],
    ['```js\nnever closed', 'code:js(never closed)'],
    ['~~~~ never closed\na', 'p(~~~~ never closed\na)'],
    ['    indented', 'code:(indented)'],
    ['a\n    not code', 'p(a\n    not code)'],
  ])('%s', (text, expected) => expect(short(text)).toBe(expected))

  test.each([
    ['- a\n- b', '-(p(a)) -(p(b))'],
    ['+ a\n- b', '+(p(a)) -(p(b))'],
    ['7. a\n9. b\n9) c', '7.(p(a)) 9.(p(b)) 9)(p(c))'],
    ['1986. A great year', '1986.(p(A great year))'],
    ['- a\n  - b\n  c\n- d', '-(p(a) -(p(b)) p(c)) -(p(d))'],
    ['1. a\n  - b\n2. c', '1.(p(a) -(p(b))) 2.(p(c))'],
    ['- a\n\n- b\n\nc', '-(p(a)) -(p(b)) p(c)'],
    ['- a\nb', '-(p(a)) p(b)'],
    ['- [ ] todo\n- [x] done', '-_(p(todo)) -x(p(done))'],
    ['1. a\n```\ncode\n```\n2. b', '1.(p(a)) code:(code) 2.(p(b))'],
  ])('a list: %s', (text, expected) => expect(short(text)).toBe(expected))

  test.each([
    ['| a | b |\n|---|---|\n| 1 | 2 |\nafter', 'row(a|b) row(1|2) p(after)'],
    ['a | b\n--|--\n1 | `2|3` | 4', 'row(a|b) row(1|code(2|3)|4)'],
    ['| a |\n|---|\n| x \\| y |', 'row(a) row(x | y)'],
    ['| a | b |\n|---|\n| 1 | 2 |', 'p(| a | b |\n|---|\n| 1 | 2 |)'],
    ['| a | b |\n|---|---|\n| ||c|| | d |', 'p(| a | b |\n|---|---|\n| spoiler(c) | d |)'],
  ])('a table: %s', (text, expected) => expect(short(text)).toBe(expected))
})

describe('a spoiler hides all of it', () => {
  test.each([
    '||secret||',
    '|| secret ||',
    'the end: ||secret||',
    '||secret\nsecret||',
    '||secret\n\nsecret||',
    '||secret | secret||',
    '||secret || secret||',
    '||\n- secret\n- secret\n||',
    '||\n```\nsecret\n```\n||',
    '||\n```\nsecret || secret\n```\n||',
    '||`secret || secret`||',
    '||the ` sign: secret|| and another `',
    '||# secret\n> secret||',
    '- ||secret\n- secret||',
    '- ||secret\n\n  secret||',
    '> ||secret\n> secret||',
    '> > ||secret\n> >\n> > secret||',
    '# ||secret\nsecret||',
    '| a | b |\n|---|---|\n| ||secret | secret|| |',
    '||| a | b |\n|---|---|\n| secret | secret |||',
    '**||secret||** and _||secret||_',
    '||**secret** https://secret.example [words](https://secret.example/secret)||',
    '||secret `secret` ~~secret~~||.',
    'word||secret||',
    '||1. secret\n2. secret||\n\n||secret||',
    '> ||secret\nsecret||',
  ])('%s', (text) => {
    expect(plainLine(text, () => '')).not.toContain('secret')
    expect(uncovered(parseMarkup(text))).not.toContain('secret')
    expect(firstLink(text)).toBeUndefined()
  })

  test('an arbitrary text between two signs that stand apart is hidden', () => {
    const piece = fc.constantFrom(
      'secret',
      '\n',
      '\n\n',
      '- secret\n',
      '> secret\n',
      '**secret**',
      '`secret`',
      ' | ',
      '# secret\n',
      '```\nsecret\n```\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const text = `before\n\n||secret${pieces.join('')}secret||\n\nafter`
        expect(uncovered(parseMarkup(text))).toMatch(/^before\s+after$/)
      }),
      { numRuns: 2_000 },
    )
  })

  function uncovered(blocks: readonly Block[]): string {
    const inlines = (nodes: readonly Inline[]): Inline[] =>
      nodes.flatMap((node): Inline[] =>
        node.type === 'spoiler' ? [] : 'inside' in node ? [{ ...node, inside: inlines(node.inside) }] : [node],
      )
    const open = (some: readonly Block[]): Block[] =>
      some.flatMap((block): Block[] => {
        if (block.type === 'spoiler') return []
        if (block.type === 'list')
          return [{ ...block, items: block.items.map((item) => ({ ...item, blocks: open(item.blocks) })) }]
        if (block.type === 'table') return [{ ...block, rows: block.rows.map((row) => row.map(inlines)) }]
        if ('blocks' in block) return [{ ...block, blocks: open(block.blocks) }]
        return 'inside' in block ? [{ ...block, inside: inlines(block.inside) }] : [block]
      })
    return everyText(open(blocks))
  }
})

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
    ['javascript:alert(1)', 'p(javascript:alert(1))'],
    ['`https://example.org`', 'p(code(https://example.org))'],
  ])('%s', (text, expected) => expect(short(text)).toBe(expected))

  test('never says one address and leads to another', () => {
    expect(short('[https://bank.example](https://evil.example)')).toBe(
      'p([link(https://bank.example)](link(https://evil.example)))',
    )
    expect(short('[bank.example/x](https://evil.example)')).toContain('bank.example/x')
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
