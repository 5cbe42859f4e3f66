import fc from 'fast-check'
import { expect, test } from 'vitest'
import { factsOf } from './page.js'

const PAGE = new URL('https://example.org/articles/1')
const facts = (head: string) => factsOf(`<html><head>${head}</head><body><title>no</title></body></html>`, PAGE)

test('Open Graph comes before the plain title', () => {
  const head = `<title>Plain</title><meta property="og:title" content="Graph"><meta name="description" content="About it">
    <meta property="og:site_name" content="Example"><meta property="og:image" content="/a.png">`
  expect(facts(head)).toEqual({
    title: 'Graph',
    description: 'About it',
    siteName: 'Example',
    imageUrl: 'https://example.org/a.png',
  })
})

test('a plain page has its title; one that says nothing is none', () => {
  expect(facts('<title>  Tom &amp; Jerry\n </title>')).toMatchObject({ title: 'Tom & Jerry', imageUrl: '' })
  expect(facts('<meta property="og:image" content="/a.png">')).toBeUndefined()
  expect(factsOf('', PAGE)).toBeUndefined()
})

test('what comes after the head does not count', () => {
  expect(factsOf('<body><meta property="og:title" content="in the body"><title>x</title>', PAGE)).toBeUndefined()
})

test.each(['javascript:alert(1)', 'data:image/png;base64,AA', 'file:///etc/passwd', 'http://'])(
  'a picture at %s is none',
  (address) => {
    expect(facts(`<title>x</title><meta property="og:image" content="${address}">`)?.imageUrl).toBe('')
  },
)

test('characters that turn the direction of writing are gone', () => {
  expect(facts('<title>safe\u202Eexe.gpj\u0000</title>')?.title).toBe('safe exe.gpj')
})

test('whatever a page is, the facts are short lines of plain text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.string({ maxLength: 600 }), (html, content) => {
      const escaped = content.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
      const found = factsOf(`<meta property="og:title" content="x${escaped}">${html}`, PAGE)
      for (const text of [found?.title ?? '', found?.description ?? '', found?.siteName ?? '']) {
        expect(text).not.toMatch(/[\p{Cc}\u202e]/u)
        expect([...text].length).toBeLessThanOrEqual(401)
      }
    }),
  )
})
