// `npm pack` runs this first: it collects into `dist/package/` the built code of the client and of the libraries that it is made of, so that an
// installation needs nothing of this repository; with `docs/sdk.md`, and the license where npm looks for it. Needs `npx tsc -b libs/sdk`.
// @ts-check
import { existsSync, globSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = join(HERE, '..', '..')
const TARGET = join(HERE, 'dist', 'package')

/** Where the code of each workspace is, and where it comes to be. */
const PARTS = /** @type {const} */ ([
  ['libs/sdk', 'sdk'],
  ['libs/client-protocol', 'client-protocol'],
  ['libs/kernel', 'kernel'],
  ['libs/async', 'async'],
  ['proto', 'proto'],
])
/** The rules of fields, which the generated code names: the only file of that package that is used. */
const RULES = 'gen/buf/validate/validate_pb'
const RULES_SOURCE = join(ROOT, 'node_modules/@bufbuild/protovalidate/dist/esm', RULES)

/** The file that an import means, below the target. @param {string} name @returns {string | undefined} */
function fileOf(name) {
  if (name === `@bufbuild/protovalidate/${RULES}.js`) return `proto/${RULES}.js`
  const [, workspace = '', path] = /^@beseda\/([^/]+)(?:\/(.+))?$/.exec(name) ?? []
  if (workspace === 'proto' && path !== undefined) return `proto/gen/beseda/${path}_pb.js`
  return PARTS.some(([, folder]) => folder === workspace) && path === undefined ? `${workspace}/index.js` : undefined
}

/** @param {string} file below the target @param {string} source */
function withOwnFiles(file, source) {
  return source.replace(/((?:from|import)\s*\(?\s*)(['"])(@[^'"]+)\2/g, (whole, before, quote, name) => {
    const found = fileOf(name)
    if (!found) {
      if (name.startsWith('@beseda/') || name.startsWith('@bufbuild/protovalidate'))
        throw new Error(`${file} imports ${name}, which is not packed`)
      return whole
    }
    const path = relative(dirname(file), found)
    return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
  })
}

await rm(TARGET, { recursive: true, force: true })
for (const [workspace, folder] of PARTS) {
  const built = join(ROOT, workspace, 'dist')
  if (!existsSync(join(built, 'index.js'))) throw new Error(`${workspace} is not built: npx tsc -b libs/sdk`)
  // Their specs and helpers of tests are in no build; `testing/` of a library is, and nobody needs it here, nor the document that the gateway serves.
  const exclude = ['**/testing/**', 'package/**', 'gen/openapi.*']
  for (const file of globSync('**/*.{js,d.ts}', { cwd: built, exclude })) {
    const to = join(folder, file)
    await mkdir(dirname(join(TARGET, to)), { recursive: true })
    const source = withOwnFiles(to, await readFile(join(built, file), 'utf8'))
    await writeFile(join(TARGET, to), source.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
  }
}
for (const end of ['.js', '.d.ts']) {
  await mkdir(join(TARGET, 'proto', dirname(RULES)), { recursive: true })
  await cp(`${RULES_SOURCE}${end}`, join(TARGET, 'proto', `${RULES}${end}`))
}
await cp(join(ROOT, 'LICENSE'), join(HERE, 'LICENSE'))
// Its neighbours are not in the package: of links to them the words are left.
const document = await readFile(join(ROOT, 'docs/sdk.md'), 'utf8')
await writeFile(join(TARGET, 'sdk.md'), document.replace(/\[([^\]]+)\]\((?!https:)[^)]*\)/g, '$1'))
