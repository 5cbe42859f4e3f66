import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlainXml, MOST_CHARACTERS } from './plain-xml.js'

const within = (inner: string) => `<d:multistatus xmlns:d="DAV:">${inner}</d:multistatus>`

test.each<[string, string]>([
  [
    'sabre',
    `<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav"><d:response>
    <d:href>/remote.php/dav/calendars/ann/personal/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><cal:calendar/>
    </d:resourcetype><d:displayname>Дом &amp; сад &#x1F3E1;</d:displayname></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
    </d:response></d:multistatus>\n`,
  ],
  [
    'iCloud',
    `<?xml version='1.0' encoding='UTF-8'?><multistatus xmlns='DAV:'><response xmlns="DAV:"><href>/1/calendars/</href>
    <propstat><prop><supported-calendar-component-set xmlns="urn:ietf:params:xml:ns:caldav"><comp name='VEVENT'/>
    </supported-calendar-component-set></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`,
  ],
  ['a name in a CDATA section', within('<d:displayname><![CDATA[Home & garden <3]]></d:displayname>')],
  ['spaces in tags', '<a b = "1"\n c=\'2\' ><b /></a >'],
])('what a server writes is plain: %s', (_, xml) => {
  expect(isPlainXml(xml)).toBe(true)
})

test.each<[string, string]>([
  ['nothing', ''],
  ['no element', 'text'],
  ['text before the root', 'a<a/>'],
  ['text after the root', '<a/>a'],
  ['two roots', '<a/><b/>'],
  ['not closed', '<a><b></b>'],
  ['closed too often', '<a></a></a>'],
  ['closed crosswise', '<a><b></a></b>'],
  ['closed by a name of another case', '<a></A>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a/>'],
  ['a comment', within('<!-- -->')],
  ['an instruction', within('<?php ?>')],
  ['a long declaration', `<?xml version="1.0" ${'a'.repeat(1_000)}?><a/>`],
  ['a declaration that is not the first', within('<?xml version="1.0"?>')],
  ['an entity of its own', within('&me;')],
  ['an open entity', within('&amp')],
  ['a CDATA section outside', '<![CDATA[x]]><a/>'],
  ['an open CDATA section', within('<![CDATA[x]>')],
  ['an attribute without value', '<a b/>'],
  ['an attribute without quotes', '<a b=c/>'],
  ['attributes side by side', '<a b="c"d="e"/>'],
  ['a tag in an attribute', '<a b="<c>"/>'],
  ['a name of the language', within('<__proto__>x</__proto__>')],
  ['a space before a name', '< a></a>'],
  ['a long text', within('x'.repeat(1_025))],
  ['too deep', `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`],
  ['too many elements', within('<a/>'.repeat(5_000))],
  ['too many names', within(Array.from({ length: 201 }, (_, i) => `<a${i}>x</a${i}>`).join(''))],
  ['too many names in all', within(Array.from({ length: 201 }, (_, i) => `<b><a${i}/></b>`).join(''))],
  ['too many texts', within('<a>x</a>'.repeat(1_001))],
  ['too many spaces in a row', within(`x${' '.repeat(101)}y`)],
  ['text beside elements', within('x<a/>')],
  ['text after elements', within('<a/>x')],
  ['text in pieces', within('x<![CDATA[y]]>')],
  ['two sections', within('<![CDATA[x]]><![CDATA[y]]>')],
  ['too long', within(`<a>${'x'.repeat(1_000)}</a>`.repeat(66))],
])('what no server writes is not: %s', (_, xml) => {
  expect(isPlainXml(xml)).toBe(false)
})

test('the bounds can be reached', () => {
  expect(isPlainXml(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`)).toBe(true)
  expect(isPlainXml(within('<a/>'.repeat(4_999)))).toBe(true)
  expect(isPlainXml(within(Array.from({ length: 199 }, (_, i) => `<a${i}>x</a${i}>`).join('')))).toBe(true)
  expect(isPlainXml(within('x'.repeat(1_024)))).toBe(true)
  const most = within(`<a>${'x'.repeat(1_000)}</a>`.repeat(64))
  expect(most.length).toBeGreaterThan(MOST_CHARACTERS - 2_000)
  expect(isPlainXml(most)).toBe(true)
})

/** What the library reads with. */
interface Reader {
  onopentag: () => void
  onclosetag: () => void
  onerror: (error: Error) => void
  write(text: string): Reader
  close(): Reader
}
const of = (library: string, require: NodeJS.Require) => createRequire(require.resolve(library))
const ofLibrary = of('xml-js', of('tsdav', createRequire(import.meta.url)))
const { parser }: { parser: (strict: boolean) => Reader } = ofLibrary('sax')

test('what is plain has no error for the reader, which sees no tag more', () => {
  const pieces = [
    '<a>',
    '</a>',
    '<b c="d">',
    '</b>',
    '<b/>',
    '<',
    '>',
    '/',
    '!',
    '--',
    '[CDATA[',
    ']]>',
    '?',
    'xml',
    '&',
    ';',
    '"',
    "'",
    '=',
  ]
  const piece = fc.constantFrom(
    ...pieces,
    '<!',
    '<?',
    '</',
    'a',
    ' ',
    'amp',
    '#65',
    '<!--',
    '-->',
    '<![CDATA[',
    'DOCTYPE',
    '\n',
    'я',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (inner) => {
      const xml = `<a>${inner.join('')}</a>`
      if (!isPlainXml(xml)) return
      let [opened, closed] = [0, 0]
      const reader = parser(true)
      reader.onopentag = () => opened++
      reader.onclosetag = () => closed++
      reader.onerror = (error) => {
        throw error
      }
      reader.write(xml).close()
      const plain = xml.replace(/<!\[CDATA\[[^\]]*\]\]>/g, '')
      expect([opened, closed]).toEqual([plain.match(/<[a-z]/g)?.length, opened])
    }),
    { numRuns: 5_000 },
  )
})
