import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A package of this repository: its folder, and the packages whose code it runs. @typedef {{ name: string, folder: string, uses: string[] }} Package */

/** Every package that `tsc` builds. @param {string} root @returns {Package[]} */
export function readPackages(root) {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = globSync(workspaces, { cwd: root }).filter((folder) => existsSync(join(root, folder, 'package.json')))
  return folders
    .filter((folder) => folder !== 'web')
    .map((folder) => {
      const { name, dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      return { name, folder, uses: Object.keys(dependencies).filter((each) => each.startsWith('@beseda/')) }
    })
}

/**
 * A hash of the build output of each package, by folder. Contents are hashed, because `tsc` rewrites unchanged files.
 * @param {string} root @param {readonly Package[]} packages @returns {Promise<Map<string, string>>}
 */
export async function readOutputs(root, packages) {
  const entries = packages.map(async ({ folder }) => {
    const files = globSync('dist/**/*.js', { cwd: join(root, folder) }).sort()
    const hash = createHash('sha256')
    for (const file of files) hash.update(file).update(await readFile(join(root, folder, file)))
    return /** @type {const} */ ([folder, hash.digest('hex')])
  })
  return new Map(await Promise.all(entries))
}

/**
 * Folders of packages whose running code has changed: their own, or that of a direct or indirect dependency.
 * @param {readonly Package[]} packages @param {ReadonlyMap<string, string>} before @param {ReadonlyMap<string, string>} after
 */
export function changedPackages(packages, before, after) {
  const byName = new Map(packages.map((each) => [each.name, each]))
  const changed = new Set(packages.filter(({ folder }) => before.get(folder) !== after.get(folder)))
  /** @param {Package} each @param {Set<Package>} seen @returns {boolean} */
  const reaches = (each, seen = new Set()) => {
    if (changed.has(each)) return true
    if (seen.has(each)) return false
    seen.add(each)
    return each.uses.some((name) => {
      const used = byName.get(name)
      return used !== undefined && reaches(used, seen)
    })
  }
  return packages.filter((each) => reaches(each)).map(({ folder }) => folder)
}
