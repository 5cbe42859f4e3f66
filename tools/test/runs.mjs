import { globSync } from 'node:fs'
import { relative } from 'node:path'
import { Advice, inRoot, ROOT } from '../lib/root.mjs'

/** One run of Vitest; `projects`: those of its arguments that choose the kind; `files`: what it will run, as far as names tell. */
/** @typedef {{ title: string, projects: string[], args: string[], files: string[], needsBrowser: boolean, needsBuild: boolean }} Run */
/**
 * `alone`: the project of its files that run after the others. `onRequest`: only when `--project` names it.
 * @typedef {{ name: string, alone?: string, onRequest?: boolean, suffix: RegExp, needsBrowser: boolean, needsBuild: boolean }} Kind
 */

/**
 * Cheapest first, one after another: one kind of test has the machine at a time. All but end-to-end tests take
 * the packages from their sources. @type {readonly Kind[]}
 */
const KINDS = [
  {
    name: 'unit',
    suffix: /(?<!\.(int|browser))\.spec\.ts$/,
    needsBrowser: false,
    needsBuild: false,
  },
  { name: 'int', suffix: /\.int\.spec\.ts$/, needsBrowser: false, needsBuild: false },
  { name: 'browser', suffix: /\.browser\.spec\.ts$/, needsBrowser: true, needsBuild: false },
  { name: 'e2e', alone: 'e2e-alone', suffix: /\.e2e\.ts$/, needsBrowser: true, needsBuild: true },
  // It builds in a container of its own.
  { name: 'deploy', onRequest: true, suffix: /\.deploy\.ts$/, needsBrowser: false, needsBuild: false },
]

/** Every test file, relative to the root. @returns {string[]} */
export const testFiles = () =>
  globSync(['{proto,libs,services,gateway,web,tools,deploy,docs,loadtests,e2e}/**/*.{spec,e2e,deploy}.ts'], {
    cwd: ROOT,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  })

/**
 * The runs: the requested kinds of tests that have a file with one of the words in its path.
 * @param {import('./args.mjs').TestOptions} options @param {readonly string[]} files all, relative to the root
 * @param {string} [base] commit that `--affected` compares with
 * @returns {Run[]} Errors: Advice when there is none.
 */
export function runsOf({ words: said, projects, watch, affected, rest }, files, base = '') {
  const words = said.map(withinRoot)
  const found = files.filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  const chosen = KINDS.filter(
    ({ name, suffix, needsBuild, onRequest }) =>
      matches(name, projects) &&
      !(onRequest && !projects.includes(name)) &&
      found.some((file) => suffix.test(file)) &&
      !(needsBuild && (watch || affected)),
  )
  if (chosen.length === 0) throw new Advice(`No test of that kind has ${words.join(' or ') || 'a file'} in its path.`)
  const filters = [...(affected ? ['--changed', base] : []), ...rest, ...words]
  if (watch) return [together(chosen, filters)]
  return chosen.map((kind) => {
    const { name: title, suffix, needsBrowser, needsBuild } = kind
    const projects = projectsOf(kind)
    const files = found.filter((file) => suffix.test(file))
    return { title, projects, args: [...projects, ...filters], files, needsBrowser, needsBuild }
  })
}

/** @param {Kind} kind */
const projectsOf = ({ name, alone }) => ['--project', name, ...(alone ? ['--project', alone] : [])]

/** Watch mode runs all kinds in one Vitest. @param {readonly Kind[]} kinds @param {readonly string[]} filters @returns {Run} */
const together = (kinds, filters) => ({
  title: kinds.map(({ name }) => name).join(', '),
  projects: kinds.flatMap(projectsOf),
  args: [...kinds.flatMap(projectsOf), ...filters],
  files: [],
  needsBrowser: kinds.some(({ needsBrowser }) => needsBrowser),
  needsBuild: false,
})

/** Also accepts paths completed by a shell, such as `./libs/rpc/`. @param {string} word */
const withinRoot = (word) => (/^[./]/.test(word) ? relative(ROOT, inRoot(relative(ROOT, word))) : word)

/** @param {string} name @param {readonly string[]} patterns */
function matches(name, patterns) {
  const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  const include = patterns.filter((pattern) => !pattern.startsWith('!'))
  const fits = (/** @type {string} */ pattern) =>
    new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replace(/[^\w-]/g, '\\$&'))
        .join('.*')}$`,
    ).test(name)
  return (include.length === 0 || include.some(fits)) && !exclude.some(fits)
}
