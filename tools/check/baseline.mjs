import { run } from '../lib/run.mjs'

const git = async (/** @type {string[]} */ ...args) => {
  const { code, output } = await run('git', args)
  return code === 0 ? output.trim() : ''
}

/**
 * The version of the contracts to compare with: the newest tag, else the commit where this branch left main, else
 * the previous commit. Undefined where there is none: a first commit, a shallow clone, an archive without history.
 * @returns {Promise<string | undefined>}
 */
export async function contractBaseline() {
  const tag = await git('describe', '--tags', '--abbrev=0', 'HEAD')
  const head = await git('rev-parse', 'HEAD')
  const fork = await git('merge-base', 'HEAD', 'main')
  const before = await git('rev-parse', '--verify', '--quiet', 'HEAD~1')
  const baseline = tag || (fork && fork !== head ? fork : before)
  return baseline && (await git('cat-file', '-t', `${baseline}:proto/buf.yaml`)) === 'blob' ? baseline : undefined
}
