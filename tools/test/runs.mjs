/** One call of Vitest. */
/** @typedef {{ title: string, args: string[], needsBrowser: boolean }} Run */

/** In the order of their cost, one after another: the machine belongs to one kind of test at a time. */
const PROJECTS = [
  { name: 'unit', needsBrowser: false },
  { name: 'int', needsBrowser: false },
  { name: 'browser', needsBrowser: true },
  { name: 'e2e', needsBrowser: true },
]

/**
 * What to run for the arguments after `npm test --`. They are Vitest's own; `--project` may name kinds of tests, several
 * times, with `*`, or `!kind` for all but one.
 * @param {readonly string[]} args @returns {Run[]}
 */
export function runsOf(args) {
  const { wanted, rest } = split(args)
  const chosen = PROJECTS.filter(({ name }) => matches(name, wanted))
  return chosen.map(({ name, needsBrowser }) => ({ title: name, args: ['--project', name, ...rest], needsBrowser }))
}

/** @param {readonly string[]} args */
function split(args) {
  /** @type {string[]} */
  const wanted = []
  /** @type {string[]} */
  const rest = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--project') wanted.push(args[++at] ?? '')
    else if (arg.startsWith('--project=')) wanted.push(arg.slice('--project='.length))
    else rest.push(arg)
  }
  return { wanted, rest }
}

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
