import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { inRoot } from '../lib/root.mjs'

/** The used fields of Vite's manifest. @typedef {Record<string, { file: string, css?: string[], imports?: string[] }>} Manifest */
/** @typedef {{ name: string, most: number, chunks: string[] }} Budget */
/** @typedef {{ name: string, most: number, total: number, files: { file: string, bytes: number }[] }} Measured */

const KB = 1024
/** The larger of the two languages counts. */
const SIGN_IN = ['index.html', 'src/i18n/ru-first.ts', 'src/features/auth/SignIn.vue']
const SHELL = ['index.html', 'src/i18n/ru-first.ts', 'src/i18n/ru.ts', 'src/features/shell/Shell.vue']
/** Not imported by the shell's first rendering, but requested by it at once. */
const AT_ONCE = ['src/features/notifications/start.ts', 'src/features/members/MembersPanel.vue']

/**
 * Everything that a browser fetches before a screen can be used, all JavaScript and CSS, gzipped. The first limit is the promise of the
 * client; the others keep the screens behind the sign-in from growing unnoticed: some 2 % above their size at the last review.
 * @type {readonly Budget[]}
 */
export const BUDGETS = [
  { name: 'sign-in', most: 150 * KB, chunks: SIGN_IN },
  { name: 'shell', most: 220 * KB, chunks: [...SHELL, 'src/features/shell/list/Nothing.vue'] },
  {
    name: 'conversation',
    most: 231 * KB,
    chunks: [...SHELL, 'src/features/conversation/ConversationView.vue', ...AT_ONCE],
  },
]
/** Code that no first screen may contain: it is loaded on use. Matched by the names of its sources. */
export const LAZY = [
  /src\/features\/calls\/(engine|window|media|self-test|active-call)/,
  /src\/features\/calls\/.*simple-peer|node_modules\/simple-peer\//,
  /virtual:emoji\//,
  /src\/features\/chat\/emoji\/EmojiGrid/,
  /node_modules\/(highlight\.js|lowlight)\//,
  /node_modules\/reka-ui\/.*(DropdownMenu|Dialog|Popover)/,
  /node_modules\/uqr\//,
]

/** All files that the chunks import statically. @param {Manifest} manifest @param {readonly string[]} chunks */
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

/** The exceeded budgets, chunk by chunk. @param {readonly Measured[]} measured @returns {string[]} */
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

/**
 * Lazy code that is in a first screen, and patterns that match nothing in the build: those would guard nothing.
 * @param {Manifest} manifest @param {Record<string, string[]>} modules sources of each file @param {readonly RegExp[]} lazy
 * @returns {string[]}
 */
export function eagerProblems(manifest, modules, lazy = LAZY) {
  const sources = Object.values(modules).flat()
  const idle = lazy.filter((pattern) => !sources.some((source) => pattern.test(source)))
  const eager = BUDGETS.flatMap(({ name, chunks }) =>
    closure(manifest, chunks)
      .files.flatMap((file) => modules[file] ?? [])
      .filter((source) => lazy.some((pattern) => pattern.test(source)))
      .map((source) => `${name} holds ${source}, which must be fetched when it is used`),
  )
  return [
    ...idle.map((pattern) => `${pattern} matches nothing in the build: tools/check/budget.mjs guards nothing`),
    ...eager,
  ]
}

/** Measures the last build of the web client. @returns {{ problems: string[], note: string }} */
export function checkBudget(folder = inRoot('web', 'dist')) {
  const file = join(folder, '.vite', 'manifest.json')
  if (!existsSync(file)) throw new Error('the web client is not built')
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  /** @type {Record<string, string[]>} */
  const modules = JSON.parse(readFileSync(join(folder, '.vite', 'modules.json'), 'utf8'))
  const sizeOf = (/** @type {string} */ name) => gzipSync(readFileSync(join(folder, name))).length
  const measured = BUDGETS.map((budget) => measure(manifest, budget, sizeOf))
  const note = measured.map(({ name, total }) => `${name} ${inKb(total)}`).join(', ')
  return { problems: [...budgetProblems(measured), ...eagerProblems(manifest, modules)], note }
}
