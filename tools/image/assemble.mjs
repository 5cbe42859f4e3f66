// node tools/image/assemble.mjs <folder>: collects the files of the image from a built repository. npm installs the dependencies there.
import { existsSync, globSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inRoot } from '../lib/root.mjs'

/** Workspaces whose code runs on a server: all but the testkit, the SDK, and the web client, which is static files. */
const isRunning = (/** @type {string} */ path) => !['libs/testkit', 'libs/sdk', 'web'].includes(path)

/** @returns {Promise<{ root: Record<string, unknown>, workspaces: string[] }>} */
async function readWorkspaces() {
  const root = JSON.parse(await readFile(inRoot('package.json'), 'utf8'))
  const found = root.workspaces.flatMap((/** @type {string} */ pattern) => globSync(pattern, { cwd: inRoot() }))
  const workspaces = found.filter((/** @type {string} */ path) => existsSync(inRoot(path, 'package.json')))
  return { root, workspaces: workspaces.filter(isRunning) }
}

/** @param {string} target @param {string} path */
async function copy(target, path) {
  if (!existsSync(inRoot(path))) throw new Error(`${path} does not exist: build first (npm run build).`)
  await mkdir(dirname(join(target, path)), { recursive: true })
  const filter = (/** @type {string} */ source) => !/\.(d\.ts|d\.ts\.map|tsbuildinfo|spec\.ts)$/.test(source)
  await cp(inRoot(path), join(target, path), { recursive: true, filter })
}

/** @param {string} target */
async function assemble(target) {
  const { root, workspaces } = await readWorkspaces()
  await mkdir(target, { recursive: true })
  const { name, version, type, license } = root
  await writeFile(
    join(target, 'package.json'),
    JSON.stringify({ name, version, private: true, type, license, workspaces }),
  )
  const files = ['package-lock.json', 'LICENSE', 'web/dist', 'tools/setup-log.mjs', 'tools/admin']
  const built = workspaces.flatMap((path) => [`${path}/package.json`, `${path}/dist`])
  for (const path of [...files, ...built]) await copy(target, path)
}

const [target] = process.argv.slice(2)
if (!target) throw new Error('usage: node tools/image/assemble.mjs <folder>')
await assemble(target)
