import { parse } from 'yaml'
import type { Manifest } from '../../k8s/testing/render.js'

const LABELS = /^(helm\.sh\/chart|app\.kubernetes\.io\/(instance|version|managed-by))$/
const HASHED = /^(nats-config|redis-config|beseda-dashboards|otel-collector|log-setup)-[a-z0-9]{8,10}$/

/** Lists whose order means nothing. */
const UNORDERED = new Set(['env', 'volumes', 'volumeMounts'])

/**
 * An object without what only one of both ways to install has: names of releases, hashes in names or annotations, namespaces, the order
 * of variables and volumes.
 */
export function normal(manifest: Manifest): unknown {
  const copy = structuredClone(manifest) as unknown as {
    metadata: Record<string, unknown>
    data?: Record<string, unknown>
  }
  delete copy.metadata.namespace
  if (manifest.kind === 'ConfigMap') delete copy.data?.PUBLIC_URL
  for (const [file, text] of Object.entries(copy.data ?? {})) {
    if (/\.(ya?ml|json)$/.test(file)) Object.assign(copy.data ?? {}, { [file]: parse(String(text)) })
  }
  return walk(copy)
}

function walk(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(walk).filter((one) => one !== undefined)
  if (typeof node === 'string') return HASHED.exec(node)?.[1] ?? node
  if (node === null || typeof node !== 'object') return node
  const entries = Object.entries(node)
    .filter(([key]) => !LABELS.test(key) && key !== 'checksum/config' && key !== 'helm.sh/resource-policy')
    .map(([key, value]) => [key, UNORDERED.has(key) ? byName(walk(value)) : walk(value)] as const)
    .filter(
      ([key, value]) => !((key === 'annotations' || key === 'labels') && Object.keys(value as object).length === 0),
    )
  return Object.fromEntries(entries)
}

const byName = (items: unknown) => (items as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Objects by kind and name, as a test compares them. */
export const byTitle = (manifests: readonly Manifest[]): Record<string, unknown> =>
  Object.fromEntries(
    manifests
      .filter(({ kind }) => kind !== 'Namespace')
      .map((one) => [`${one.kind}/${HASHED.exec(one.metadata.name)?.[1] ?? one.metadata.name}`, normal(one)]),
  )
