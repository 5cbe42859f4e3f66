import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'

/** A release and the commit of its contracts. @typedef {{ version: string, commit: string }} Release */

/**
 * The commits whose contracts must still be understood: the newest release, named in `proto/released.json`, and the commit where this branch left
 * main, or the one before on main itself. The first sees every change that breaks installed clients and recorded logs, in whichever commit of a
 * series it was made; the second also sees one to what is not released yet. Without the history of the repository, as in a shallow clone, fewer.
 * @param {string} [root] of the repository @returns {Promise<string[]>} full hashes
 */
export async function contractBaselines(root = ROOT) {
  const git = async (/** @type {string[]} */ ...args) => {
    const { code, output } = await run('git', args, { cwd: root })
    return code === 0 ? output.trim() : ''
  }
  /** @type {Release[]} */
  const releases = JSON.parse(await readFile(join(root, 'proto', 'released.json'), 'utf8'))
  const head = await git('rev-parse', 'HEAD')
  const fork = await git('merge-base', 'HEAD', 'main')
  const before = fork && fork !== head ? fork : await git('rev-parse', '--verify', '--quiet', 'HEAD~1')
  const wanted = [...new Set([releases.at(-1)?.commit, before])]
  const found = await Promise.all(
    wanted.map(async (commit) => (commit && (await git('cat-file', '-t', `${commit}:proto/buf.yaml`))) === 'blob'),
  )
  return wanted.filter((commit, at) => commit !== undefined && found[at]).map(String)
}
