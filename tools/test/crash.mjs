/** @typedef {import('./outcome.mjs').Report} Report */

/** What Vitest says of a worker whose process was ended by the kernel. */
const CRASH = /exited unexpectedly with signal SIGSEGV .*running test file (\S+)/

/**
 * The test file whose worker crashed; undefined: the error is another one. JavaScript cannot crash: a native module did. The peers of the
 * end-to-end tests are libwebrtc, whose binding for Node crashes now and then when connections close (node-webrtc#696, simple-peer#812).
 * @param {{ message?: string | undefined, cause?: { message?: string } | undefined }} error @param {string} root
 */
export function crashedFile({ message = '', cause }, root) {
  const [, file] = CRASH.exec(message) ?? CRASH.exec(cause?.message ?? '') ?? []
  return file?.startsWith(`${root}/`) ? file.slice(root.length + 1) : file
}

/** Files that are to be run once more. @param {Report | undefined} report @returns {string[]} */
export const crashedFiles = (report) => [...new Set((report?.broken ?? []).flatMap(({ crashed }) => crashed ?? []))]

/**
 * The report of a run in which files crashed, with what they did the second time.
 * @param {Report} first @param {Report | undefined} second undefined: nothing was reported @param {readonly string[]} files
 * @returns {Report}
 */
export function afterCrash(first, second, files) {
  const isOf = (/** @type {string} */ name) => files.some((file) => name === file || name.startsWith(`${file} > `))
  return {
    tests: [...first.tests.filter(({ name }) => !isOf(name)), ...(second?.tests ?? [])],
    broken: [
      ...first.broken.filter(({ name, crashed }) => crashed === undefined && !isOf(name)),
      ...(second
        ? second.broken
        : [{ name: files.join(', '), note: 'it crashed, and was not reported the second time' }]),
    ],
    files: [...(first.files ?? []).filter(({ name }) => !files.includes(name)), ...(second?.files ?? [])],
  }
}
