const COLOURS = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 }

/** Colours where a terminal shows them, plain text in a file or a pipe (https://no-color.org). */
export const paint = (/** @type {keyof typeof COLOURS} */ colour, /** @type {string} */ text) =>
  process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text

export const say = (/** @type {string} */ text) => void process.stdout.write(`${text}\n`)

/**
 * Continues when nobody reads the output any more (`| head`, a closed log pipe): later output is lost, and nothing else.
 * Otherwise the next line would end the program and everything that it runs.
 */
export function outliveReaders(streams = [process.stdout, process.stderr]) {
  for (const stream of streams) {
    stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
}

/** Formats a duration: `0.4 s`, `12 s`, `3 min 5 s`. @param {number} ms */
export function duration(ms) {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** One line of progress: `✔ group service  0.4 s`. */
export function report(/** @type {boolean} */ good, /** @type {string} */ name, /** @type {string} */ note) {
  say(`  ${good ? paint('green', '✔') : paint('red', '✘')} ${name.padEnd(34)} ${paint('dim', note)}`.trimEnd())
}

/**
 * Runs a step and reports it with its duration. Returns what the task returns; rethrows its error after the cross.
 * @template T @param {string} name @param {() => Promise<T>} task @returns {Promise<T>}
 */
export async function step(name, task) {
  const began = performance.now()
  try {
    const result = await task()
    report(true, name, typeof result === 'string' ? result : duration(performance.now() - began))
    return result
  } catch (error) {
    report(false, name, duration(performance.now() - began))
    throw error
  }
}

/** @typedef {{ passed: number, failed: number }} Summary */

/** The last line of tests and checks, which machines read. @param {Summary} summary */
export const summaryLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`

/** A run without any test is not a success. @param {Summary} summary */
export const exitCodeOf = ({ passed, failed }) => (failed > 0 || passed === 0 ? 1 : 0)

/** @param {readonly Summary[]} summaries @returns {Summary} */
export const total = (summaries) => ({
  passed: summaries.reduce((sum, each) => sum + each.passed, 0),
  failed: summaries.reduce((sum, each) => sum + each.failed, 0),
})
