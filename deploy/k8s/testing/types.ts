import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from './render.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** The module that has the type of a kind. Add an API here when a manifest first uses it. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'policy/v1': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
}

/**
 * What TypeScript has against manifests as literals of Kubernetes' own types: unknown fields, wrong types, fields that are
 * missing. The runtime validators of the package let unknown fields pass.
 */
export function typeErrors(manifests: readonly Manifest[]): string {
  mkdirSync(join(ROOT, '.nx'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.nx', 'manifests-'))
  try {
    const different = new Map(manifests.map((manifest) => [JSON.stringify(manifest), manifest]))
    const lines = [...different].map(([literal, manifest], i) => {
      const module = MODULES[manifest.apiVersion]
      if (!module) throw new Error(`${manifest.apiVersion} ${manifest.kind} has no type`)
      const type = `import('${module}').I${manifest.kind}`
      return `export const m${i} = ${literal} satisfies ${type} // ${manifest.metadata.name}`
    })
    const file = join(folder, 'manifests.mts')
    writeFileSync(file, `${lines.join('\n')}\n`)
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'NodeNext', '--target', 'ES2024']
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
    const args = [...options, '--pretty', 'false', '--ignoreConfig', file]
    const { stdout, stderr } = spawnSync(tsc, args, { cwd: ROOT, encoding: 'utf8' })
    return `${stdout}${stderr}`.trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
