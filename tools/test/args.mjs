import { parseArgs } from 'node:util'
import { Advice } from '../lib/root.mjs'

export const USAGE = `npm test -- [words] [options]
  words            only files with one of these in their path: npm test -- libs/rpc roster
  --watch          run them again whenever what they import changes (unit, int and browser tests)
  --affected       only what the changes since main reach, committed or not (unit, int and browser tests)
  --project <kind> only unit, int, browser or e2e; several times; with *, or !kind for all but one. deploy: only when it is named
  -t <pattern>     only tests whose name fits
Everything else is passed on to Vitest.`

/** `words` select files, `projects` kinds of tests, `rest` is passed to Vitest. */
/** @typedef {{ words: string[], projects: string[], watch: boolean, affected: boolean, help: boolean, rest: string[] }} TestOptions */

/** Options of Vitest with a value that may be a separate argument. */
const WITH_VALUE = new Set([
  '-t',
  '--testNamePattern',
  '--retry',
  '--bail',
  '--reporter',
  '--maxWorkers',
  '--testTimeout',
])

/** @param {readonly string[]} argv after `npm test --` @returns {TestOptions} Errors: Advice. */
export function parseTestArgs(argv) {
  const { own, words, rest } = sort(argv)
  try {
    const { project, watch, affected, help } = parseArgs({
      args: own,
      options: {
        project: { type: 'string', multiple: true, default: [] },
        watch: { type: 'boolean', default: false, short: 'w' },
        affected: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    }).values
    return { words, rest, projects: project, watch, affected, help }
  } catch (error) {
    throw new Advice(`${/** @type {Error} */ (error).message}\n${USAGE}`)
  }
}

/** Splits the arguments into options of this program, words, and options of Vitest. @param {readonly string[]} argv */
function sort(argv) {
  const own = []
  const words = []
  const rest = []
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? ''
    if (arg === '--project') own.push(arg, argv[++at] ?? '')
    else if (/^(--project=.*|--watch|-w|--affected|--help|-h)$/.test(arg)) own.push(arg)
    else if (WITH_VALUE.has(arg)) rest.push(arg, argv[++at] ?? '')
    else (arg.startsWith('-') ? rest : words).push(arg)
  }
  return { own, words, rest }
}
