import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { findHelm } from '../../../tools/provision/helm.mjs'
import type { Manifest } from '../../k8s/testing/render.js'

export const CHART = fileURLToPath(new URL('../beseda', import.meta.url))
export const TRIAL = join(CHART, 'values-trial.yaml')

const helm = await findHelm()

/** The tests of this block render the chart: without Helm they are skipped. */
export const needsHelm = () =>
  beforeEach(({ skip }) =>
    skip(!helm, 'Helm is not installed: the chart is compared with the manifests, but not rendered'),
  )

export interface Rendering {
  readonly values?: object
  readonly files?: readonly string[]
  readonly args?: readonly string[]
}

const execute = promisify(execFile)

/** What a command of Helm prints, or its complaint. */
export async function run(command: string, { values = {}, files = [], args = [] }: Rendering) {
  const folder = mkdtempSync(join(tmpdir(), 'beseda-helm-'))
  try {
    const own = join(folder, 'values.yaml')
    writeFileSync(own, stringify(values, { version: '1.1' }))
    const named = [...files, own].flatMap((file) => ['--values', file])
    const release = command === 'lint' ? [CHART] : ['beseda', CHART, '--namespace', 'beseda']
    const env = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: join(folder, 'none') }
    const all = [command, ...release, ...named, ...args]
    const { stdout } = await execute(helm ?? 'helm', all, { encoding: 'utf8', env, maxBuffer: 1 << 26 })
    return { text: stdout, error: '' }
  } catch (error) {
    return { text: '', error: String((error as { stderr?: string }).stderr ?? error) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The objects of a rendering, without those that only `helm test` installs. */
export async function template(rendering: Rendering): Promise<Manifest[]> {
  const { text, error } = await run('template', rendering)
  if (error) throw new Error(error)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as (Manifest & { metadata: { annotations?: object } }) | null)
    .filter((one): one is Manifest & { metadata: { annotations?: object } } => one !== null)
    .filter(({ metadata }) => !('helm.sh/hook' in (metadata.annotations ?? {})))
}
