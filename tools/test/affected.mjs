import { Advice } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** Where this branch left main: that of the remote, where there is one. @returns {Promise<string>} commit. Errors: Advice. */
export async function baseOfChange() {
  for (const main of ['origin/main', 'main']) {
    const { code, output } = await run('git', ['merge-base', 'HEAD', main])
    if (code === 0) return output.trim()
  }
  throw new Advice('--affected compares with the branch main, and git knows none here: git fetch origin main')
}
