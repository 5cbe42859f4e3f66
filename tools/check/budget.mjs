import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from '../lib/root.mjs'

/** The used fields of Vite's manifest. @typedef {Record<string, { file: string, name?: string, css?: string[], imports?: string[] }>} Manifest */
/** @typedef {{ name: string, most: number, chunks: string[] }} Budget */
/** @typedef {{ name: string, most: number, total: number, files: { file: string, bytes: number }[] }} Measured */
/** What the service worker fetches, by path (web/src/sw/shell-cache.ts). @typedef {{ files: string[], pack: string }} Shell */

const KB = 1024
const SIGN_IN = ['index.html']
/** The larger of the two languages counts. */
const SHELL = [...SIGN_IN, 'src/i18n/ru.ts', 'src/features/shell/screens.ts']
/** Not imported by the shell's first rendering, but requested by it at once. */
const AT_ONCE = ['src/features/notifications/start.ts', 'src/features/members/MembersPanel.vue']
/** Fetched with every page beside its chunks, and the fonts of both languages. */
const PAGE = ['index.html', 'theme.js', 'mark.svg']

/**
 * Everything that a browser fetches until a screen can be used, as it is sent: compressed with brotli. The first limit is a promise to
 * the people; the others keep the screens behind the sign-in from growing unnoticed. All are some 2 % above the size at the last review.
 * @type {readonly Budget[]}
 */
export const BUDGETS = [
  { name: 'sign-in', most: 134 * KB, chunks: SIGN_IN },
  { name: 'shell', most: 220 * KB, chunks: SHELL },
  { name: 'conversation', most: 230 * KB, chunks: [...SHELL, ...AT_ONCE] },
]
/** A first visit that stays at the sign-in, with all that the service worker fetches then. */
export const FIRST_VISIT = { most: 336 * KB, requests: 25 }
/** Code that no first screen may contain: it is loaded on use. Matched by the names of its sources. */
export const LAZY = [
  /src\/features\/calls\/(engine|window|lobby|media|effects|recording|captions|voice-rooms|self-test|active-call)/,
  /src\/features\/calls\/.*simple-peer|node_modules\/simple-peer\//,
  /node_modules\/@(sapphi-red|mediapipe)\//,
  /src\/i18n\/effects\//,
  /virtual:emoji\//,
  /src\/features\/chat\/emoji\/EmojiGrid/,
  /node_modules\/(highlight\.js|lowlight)\//,
  /node_modules\/reka-ui\/.*(DropdownMenu|Dialog|Popover)/,
  /node_modules\/uqr\//,
  /node_modules\/(livekit-client|ts-mls)\//,
]

/** Parts that somebody may open before signing in. With one import from the shell, they would fetch all of it. */
export const BEFORE_SIGN_IN = [
  'index.html',
  'src/features/auth/by-letter/by-link.ts',
  'src/features/security/passkeys.ts',
  'src/features/shell/BrowserLimits.vue',
  'src/features/shell/NotFound.vue',
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

/**
 * @param {Manifest} manifest @param {Budget} budget @param {(file: string) => number} sizeOf bytes on the wire
 * @param {readonly string[]} [always] fetched beside the chunks @returns {Measured}
 */
export function measure(manifest, { name, most, chunks }, sizeOf, always = []) {
  const files = [...always, ...closure(manifest, chunks).files].map((file) => ({ file, bytes: sizeOf(file) }))
  return { name, most, total: files.reduce((sum, { bytes }) => sum + bytes, 0), files }
}

/**
 * All that is fetched on a first visit. A file without a hash in its name is asked for again by the worker, which costs a request but no
 * bytes if it is the same; the page itself has another address. One request is for the ways to sign in.
 * @param {readonly string[]} page files of the sign-in @param {Shell} shell @param {(file: string) => number} sizeOf
 */
export function firstVisit(page, { files, pack }, sizeOf) {
  const kept = files.map((file) => file.slice(1))
  const again = kept.filter((file) => !file.startsWith('assets/') || !page.includes(file))
  const fetched = [...new Set([...page, ...kept, 'sw.js', pack.slice(1)])].map((file) => ({
    file,
    bytes: sizeOf(file),
  }))
  return {
    requests: page.length + again.length + ['sw.js', pack, 'the ways to sign in'].length,
    measured: {
      name: 'first visit in all',
      most: FIRST_VISIT.most,
      total: fetched.reduce((sum, { bytes }) => sum + bytes, 0),
      files: fetched,
    },
  }
}

/** @param {Manifest} manifest */
export function shellProblems(manifest, parts = BEFORE_SIGN_IN) {
  const isShell = (/** @type {string} */ key) => manifest[key]?.name === 'shell'
  if (!Object.keys(manifest).some(isShell))
    throw new Error('the build has no file "shell": tools/check/budget.mjs looks for it')
  return parts
    .filter((part) => closure(manifest, [part]).keys.some(isShell))
    .map((part) => `${part} imports from the shell, which is then fetched before anybody has signed in`)
}

const inKb = (/** @type {number} */ bytes) => `${(bytes / KB).toFixed(1)} KB`

/** The exceeded budgets, chunk by chunk. @param {readonly Measured[]} measured @returns {string[]} */
export function budgetProblems(measured) {
  return measured
    .filter(({ total, most }) => total > most)
    .map(({ name, total, most, files }) =>
      [
        `${name}: ${inKb(total)} compressed, ${inKb(most)} allowed`,
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
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(join(folder, '.vite', name), 'utf8'))
  if (!existsSync(join(folder, '.vite', 'manifest.json'))) throw new Error('the web client is not built')
  /** @type {Manifest} */
  const manifest = read('manifest.json')
  /** @type {Record<string, string[]>} */
  const modules = read('modules.json')
  /** @type {Shell} */
  const shell = read('shell.json')
  const sizeOf = (/** @type {string} */ name) => {
    const file = join(folder, name)
    return statSync(existsSync(`${file}.br`) ? `${file}.br` : file).size
  }
  const fonts = shell.files.filter((file) => file.endsWith('.woff2')).map((file) => file.slice(1))
  const screens = BUDGETS.map((budget) => measure(manifest, budget, sizeOf, [...PAGE, ...fonts]))
  const { requests, measured: visit } = firstVisit(screens[0]?.files.map(({ file }) => file) ?? [], shell, sizeOf)
  const measured = [...screens, visit]
  const note = measured.map(({ name, total }) => `${name} ${inKb(total)}`).join(', ')
  const many =
    requests > FIRST_VISIT.requests ? [`first visit: ${requests} requests, ${FIRST_VISIT.requests} allowed`] : []
  return {
    problems: [...budgetProblems(measured), ...many, ...eagerProblems(manifest, modules), ...shellProblems(manifest)],
    note: `${note} (${requests} requests)`,
  }
}
