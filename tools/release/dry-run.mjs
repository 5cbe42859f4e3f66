// node tools/release/dry-run.mjs [--tag v0.1.0] [--out folder]: everything of a release that one machine can do. Refuses a tag that is not
// the version of the product or that the changelog says nothing of; writes the notes, the SBOM, the notices of others, and the chart.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { inRoot, ROOT } from '../lib/root.mjs'
import { findHelm } from '../provision/helm.mjs'
import { notesOf } from './notes.mjs'
import { notices } from './notices.mjs'
import { shippedOf } from './sbom.mjs'

const run = promisify(execFile)
const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

async function main() {
  const { version } = JSON.parse(await readFile(inRoot('package.json'), 'utf8'))
  const { values } = parseArgs({ options: { tag: { type: 'string' }, out: { type: 'string' } } })
  const { tag = `v${version}`, out = inRoot('.nx', 'release') } = values
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, but the product says ${version} (package.json).`)
  await mkdir(out, { recursive: true })
  await writeFile(join(out, 'notes.md'), notesOf(await readFile(inRoot('CHANGELOG.md'), 'utf8'), version))
  const { stdout } = await run('npm', ['sbom', '--sbom-format=cyclonedx'], { cwd: ROOT, maxBuffer: 1 << 28 })
  const sbom = shippedOf(JSON.parse(stdout), JSON.parse(await readFile(inRoot('package-lock.json'), 'utf8')))
  await writeFile(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`)
  await writeFile(join(out, 'THIRD-PARTY-NOTICES.txt'), await notices(ROOT))
  say(`notes, SBOM and notices of ${version} are in ${out}`)
  const helm = await findHelm()
  if (!helm) return say('Helm is not installed: the chart is not packed.')
  await run(helm, ['package', inRoot('deploy', 'helm', 'beseda'), '--destination', out])
  say('the chart is packed')
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`)
  process.exitCode = 1
}
