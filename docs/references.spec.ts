import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testFiles } from '../tools/test/runs.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENTS = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => /(^|\/)(node_modules|dist|\.[^/]+)(\/|$)/.test(path),
})

const LINK = /\]\(([^)\s]+)\)/g
const SOURCE = /`((?:libs|services|gateway|web|tools|proto|deploy|loadtests|e2e|docs)\/[\w./-]+)`/g
/** What commands make, and the service that CONTRIBUTING.md adds as an example. */
const NOT_IN_GIT = /(^|\/)(dist|node_modules|gen|poll)(\/|$)|polls\.ts$|\.env$/

/** The words of `npm test -- libs/rpc roster`, which select files; in capitals they stand for any. */
const SELECTION = /npm test -- ((?:[a-z.][\w./-]* ?)+)/g

const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, reference]) => reference as string)
const isFile = (path: string) => existsSync(join(ROOT, path)) || globSync(`${path}*`, { cwd: ROOT }).length > 0

/** The anchor that a heading gets: lower case, no punctuation, hyphens for spaces. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

function anchorsOf(document: string): Set<string> {
  const headings = readFileSync(join(ROOT, document), 'utf8').matchAll(/^#+ (.+)$/gm)
  return new Set([...headings].map(([, heading]) => anchorOf(heading as string)))
}

/** Links of a document that lead nowhere. */
function brokenLinks(document: string, text: string): string[] {
  return found(text, LINK).filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false
    const [path, anchor] = link.split('#') as [string, string | undefined]
    const target = path ? normalize(join(dirname(document), path)) : document
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(decodeURIComponent(anchor))
  })
}

test('a broken link and a missing anchor are found', () => {
  const text = '[a](no-such-file.md) [b](../README.md) [c](operations.md#no-such-heading) [d](https://example.org/x)'
  expect(brokenLinks('docs/api.md', text)).toEqual(['no-such-file.md', 'operations.md#no-such-heading'])
})

/** Words of an `npm test` that no test file has in its path. */
const unselective = (text: string) =>
  found(text, SELECTION)
    .flatMap((words) => words.trim().split(' '))
    .filter((word) => !testFiles().some((file) => file.includes(word)))

test('a command that selects no test is found', () => {
  expect(unselective('`npm test -- libs/rpc no/such`, `npm test -- WORDS` and `npm test -- --affected`')).toEqual([
    'no/such',
  ])
})

test.each(DOCUMENTS)(
  '%s: its links lead somewhere, the files it names exist, and its commands select tests',
  (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8')
    expect(brokenLinks(document, text)).toEqual([])
    expect(unselective(text)).toEqual([])
    expect(
      found(text, SOURCE).filter(
        (path) => !NOT_IN_GIT.test(path) && !isFile(path) && !isFile(join(dirname(document), path)),
      ),
    ).toEqual([])
  },
)

test('the index of decisions has each of them once, in order', () => {
  const index = found(readFileSync(join(ROOT, 'docs/adr/README.md'), 'utf8'), /^\| \[(\d{4})\]/gm)
  const files = DOCUMENTS.flatMap((path) => /docs\/adr\/(\d{4})-/.exec(path)?.[1] ?? [])
  expect(index).toEqual(files.toSorted((a, b) => Number(a) - Number(b)))
})
