import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { inRoot } from '../lib/root.mjs'

/** The part of Vite's manifest that is read. @typedef {Record<string, { file: string, css?: string[], imports?: string[] }>} Manifest */
/** @typedef {{ name: string, most: number, chunks: string[] }} Budget */
/** @typedef {{ name: string, most: number, total: number, files: { file: string, bytes: number }[] }} Measured */

const KB = 1024
/** The larger of the two languages counts. */
const ENTRY = ['index.html', 'src/i18n/ru.ts']
const SHELL = [...ENTRY, 'src/features/shell/Shell.vue']

/**
 * What a browser fetches before it shows something, all JavaScript and CSS, gzipped. The first is the promise of the client; the
 * others keep what follows it from growing unseen: 10 % above what they were when they were last looked at.
 * @type {readonly Budget[]}
 */
export const BUDGETS = [
  { name: 'first load', most: 150 * KB, chunks: ENTRY },
  { name: 'sign-in', most: 190 * KB, chunks: [...ENTRY, 'src/features/auth/SignIn.vue'] },
  { name: 'shell', most: 240 * KB, chunks: [...SHELL, 'src/features/shell/Nothing.vue'] },
  { name: 'conversation', most: 305 * KB, chunks: [...SHELL, 'src/features/chat/ConversationView.vue'] },
]
/** Code that no first screen may hold: it comes when it is used. By the names of its sources. */
export const LAZY = [/features\/calls\/(engine|window|self-test|active-call)/, /emoji.*data|data.*emoji/, /highlight/]

/** All files that the chunks need at once, with what they import. @param {Manifest} manifest @param {readonly string[]} chunks */
export function closure(manifest, chunks) {
  /** @type {Set<string>} */
  const seen = new Set()
  const visit = (/** @type {string} */ key) => {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`the build has no ${key}: tools/check/budget.mjs names the files of the first screens`)
    if (seen.has(key)) return
    seen.add(key)
    for (const other of chunk.imports ?? []) visit(other)
  }
  for (const key of chunks) visit(key)
  const files = [...seen].flatMap((key) => [manifest[key]?.file ?? '', ...(manifest[key]?.css ?? [])])
  return { keys: [...seen], files: [...new Set(files)] }
}

/** @param {Manifest} manifest @param {Budget} budget @param {(file: string) => number} sizeOf bytes, gzipped @returns {Measured} */
export function measure(manifest, { name, most, chunks }, sizeOf) {
  const files = closure(manifest, chunks).files.map((file) => ({ file, bytes: sizeOf(file) }))
  return { name, most, total: files.reduce((sum, { bytes }) => sum + bytes, 0), files }
}

const inKb = (/** @type {number} */ bytes) => `${(bytes / KB).toFixed(1)} KB`

/** What is too large, chunk by chunk. @param {readonly Measured[]} measured @returns {string[]} */
export function budgetProblems(measured) {
  return measured
    .filter(({ total, most }) => total > most)
    .map(({ name, total, most, files }) =>
      [
        `${name}: ${inKb(total)} gzipped, ${inKb(most)} allowed`,
        ...files
          .toSorted((a, b) => b.bytes - a.bytes)
          .map(({ file, bytes }) => `  ${inKb(bytes).padStart(9)}  ${file}`),
      ].join('\n'),
    )
}

/** What must come later and is in a first screen. @param {Manifest} manifest @returns {string[]} */
export const eagerProblems = (manifest) =>
  BUDGETS.flatMap(({ name, chunks }) =>
    closure(manifest, chunks)
      .keys.filter((key) => LAZY.some((pattern) => pattern.test(key)))
      .map((key) => `${name} holds ${key}, which must be fetched when it is used`),
  )

/** Measures the web client that was built last. @returns {{ problems: string[], note: string }} */
export function checkBudget(folder = inRoot('web', 'dist')) {
  const file = join(folder, '.vite', 'manifest.json')
  if (!existsSync(file)) throw new Error('the web client is not built')
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const sizeOf = (/** @type {string} */ name) => gzipSync(readFileSync(join(folder, name))).length
  const measured = BUDGETS.map((budget) => measure(manifest, budget, sizeOf))
  const note = measured.map(({ name, total }) => `${name} ${inKb(total)}`).join(', ')
  return { problems: [...budgetProblems(measured), ...eagerProblems(manifest)], note }
}
