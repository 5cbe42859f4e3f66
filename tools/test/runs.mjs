/** One call of Vitest. */
/** @typedef {{ title: string, args: string[], needsBrowser: boolean }} Run */

/** In the order of their cost, one after another: the machine belongs to one kind of test at a time. */
const KINDS = [
  { name: 'unit', projects: ['unit'], needsBrowser: false },
  { name: 'int', projects: ['int'], needsBrowser: false },
  { name: 'browser', projects: ['browser'], needsBrowser: true },
  // Two at a time those that mostly wait, one by one the others.
  { name: 'e2e', projects: ['e2e-pairs', 'e2e-alone'], needsBrowser: true },
]

/**
 * What to run for the arguments after `npm test --`. They are Vitest's own; `--project` may name kinds of tests, several
 * times, with `*`, or `!kind` for all but one.
 * @param {readonly string[]} args @returns {Run[]}
 */
export function runsOf(args) {
  const { wanted, rest } = split(args)
  const chosen = KINDS.filter(({ name }) => matches(name, wanted))
  return chosen.flatMap(({ projects, needsBrowser }) =>
    projects.map((project) => ({ title: project, args: ['--project', project, ...rest], needsBrowser })),
  )
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
