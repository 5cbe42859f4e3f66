import { globSync, watch } from 'node:fs'
import { inRoot, ROOT } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** Editors save a file in several steps, and tools several files; changes within this time are one build. ms. */
const SETTLE_MS = 30

/** The result of one build: one line per error. @typedef {{ errors: string[] }} Build */

/** Builds types and code of all packages; `tsc` skips what has not changed. @returns {Promise<Build>} */
export async function compile() {
  const { code, output } = await run('tsc', ['-b', '--pretty', 'false'])
  return { errors: code === 0 ? [] : errorsOf(output) }
}

/** Lines that name a file and an error, or all lines if there are none. @param {string} output */
export function errorsOf(output) {
  const lines = output.trim().split('\n')
  const errors = lines.filter((line) => / ?error TS\d+: /.test(line))
  return errors.length > 0 ? errors : lines
}

/**
 * Builds whenever a source is saved, one build at a time; changes during a build are in the next. Not `tsc -w`: it notices a change
 * only after many seconds.
 * @param {(build: Build) => Promise<void>} done is awaited
 */
export function compileOnSave(done) {
  let isWanted = false
  let isBusy = false
  const work = async () => {
    if (isBusy) return
    isBusy = true
    while (isWanted) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      isWanted = false
      await done(await compile())
    }
    isBusy = false
  }
  for (const folder of globSync(['{proto,gateway}/src', '{libs,services}/*/src'], { cwd: ROOT })) {
    watch(inRoot(folder), { recursive: true }, (_, name) => {
      if (!name?.endsWith('.ts') || name.endsWith('.spec.ts')) return
      isWanted = true
      void work()
    })
  }
}
