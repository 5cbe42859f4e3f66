import { Advice } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** The commit where this branch left main, preferably the remote's. @returns {Promise<string>} commit. Errors: Advice. */
export async function baseOfChange() {
  for (const main of ['origin/main', 'main']) {
    const { code, output } = await run('git', ['merge-base', 'HEAD', main])
    if (code === 0) return output.trim()
  }
  throw new Advice('--affected compares with the branch main, and git knows none here: git fetch origin main')
}
