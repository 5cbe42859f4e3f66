import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstLink, parseMarkup, plainLine } from './index.js'
import type { Block, Inline } from './nodes.js'
import { ann, short } from './testing.js'

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
  ...[
    '*_*',
    '*!*',
    '_?_',
    '**...**',
    '~~-~~',
    '*-*',
    '報告_2024_最終.pdf',
    '日本_語_テスト',
    'ไฟล์_ใหม่_๒',
    'e\u0301*a*b',
    'की*मत*',
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
  ...['don`t won`t', 'кот`ы и пес`ы', '6`2 and 5`9', '` `', '```\n```', '``\n``', '||||||', '|| || ||', '> <', '> ...'],
  ...['foo()||bar()||baz()', '[a]||b||c', '$a||$b||$c', 'a||!b||c', '\tQ1\tQ2\nA\t1\t2', '    a poem\nin lines'],
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
    ['don`t `a` won`t', 'p(don`t code(a) won`t)'],
    ['这是`代码`的', 'p(这是code(代码)的)'],
    ['`a`s', 'p(code(a)s)'],
    ['> 👍', 'quote(p(👍))'],
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
    'word)||secret||',
    '"||secret||"',
    '$||secret||!',
    '(see 5)||secret||(6)',
    '||||secret||||',
    '結末||secret||です',
    'ตอนจบ||secret||นะ',
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
