import { globSync, watch } from 'node:fs'
import { inRoot, ROOT } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** An editor writes a file in several steps, and a tool several files. ms. */
const SETTLE_MS = 30

/** What one build came to: every error in a line of its own. @typedef {{ errors: string[] }} Build */

/** Builds types and code of everything; `tsc` builds only what has changed. @returns {Promise<Build>} */
export async function compile() {
  const { code, output } = await run('tsc', ['-b', '--pretty', 'false'])
  return { errors: code === 0 ? [] : errorsOf(output) }
}

/** Lines that name a place and a fault, or all of them where none does. @param {string} output */
export function errorsOf(output) {
  const lines = output.trim().split('\n')
  const errors = lines.filter((line) => / ?error TS\d+: /.test(line))
  return errors.length > 0 ? errors : lines
}

/**
 * Builds whenever a source is saved, one build at a time; what is saved during one is in the next. Not `tsc -w`: it notices a change
 * only after many seconds.
 * @param {(build: Build) => Promise<void>} done is waited for
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
