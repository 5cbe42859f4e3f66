import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { ICronJob, IJob } from 'kubernetes-models/batch/v1'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { provideServer } from '../../../tools/provision/index.mjs'
import { servicesOf } from '../../../tools/start/plan.mjs'

export type Labels = Readonly<Record<string, string>>
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly spec: unknown
  readonly data?: Readonly<Record<string, string>>
}

/** Overlays that can be installed unchanged. */
export const OVERLAYS = [
  'base',
  'overlays/trial',
  'overlays/trial-of-0.1',
  'overlays/production',
  'overlays/zones',
  'overlays/ingress',
] as const
/** The processes of the platform: those that serve the health port. */
export const PROCESSES = ['gateway', ...servicesOf({})]

const kubectl = await provideServer('kubectl')

const rendered = new Map<string, Manifest[]>()

/** The overlay as `kubectl apply -k` would send it; each is rendered once. */
export function render(overlay: string): Manifest[] {
  const known = rendered.get(overlay) ?? kustomize(overlay)
  rendered.set(overlay, known)
  return known
}

function kustomize(overlay: string): Manifest[] {
  const folder = fileURLToPath(new URL(`../${overlay}`, import.meta.url))
  const args = [...kubectl.args, 'kustomize', folder]
  const text = execFileSync(kubectl.command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest)
}

/** Any resource that creates pods. */
export interface Workload {
  readonly title: string
  readonly name: string
  readonly kind: string
  readonly labels: Labels
  readonly pod: IPodSpec
  readonly spec: object
  /** Runs our image, not a third-party server. */
  readonly ours: boolean
}

const TEMPLATES: Readonly<Record<string, (spec: never) => { metadata?: { labels?: object }; spec?: IPodSpec }>> = {
  Deployment: (spec: NonNullable<IDeployment['spec']>) => spec.template,
  StatefulSet: (spec: NonNullable<IStatefulSet['spec']>) => spec.template,
  DaemonSet: (spec: NonNullable<IDeployment['spec']>) => spec.template,
  Job: (spec: NonNullable<IJob['spec']>) => spec.template,
  CronJob: (spec: NonNullable<ICronJob['spec']>) => spec.jobTemplate.spec?.template ?? {},
}

export const workloadsOf = (manifests: readonly Manifest[]): Workload[] =>
  manifests.flatMap(({ kind, metadata: { name, labels = {} }, spec }) => {
    const template = TEMPLATES[kind]?.(spec as never)
    if (!template) return []
    if (!template.spec) throw new Error(`${kind}/${name} has no pod`)
    const podLabels = (template.metadata?.labels ?? {}) as Labels
    const ours = labels['beseda.hardened'] === 'true'
    const title = `${kind}/${name}`
    return [{ title, name, kind, labels: podLabels, pod: template.spec, spec: spec as object, ours }]
  })

export const containersOf = ({ pod }: Workload): readonly IContainer[] => [
  ...(pod.initContainers ?? []),
  ...pod.containers,
]

interface Selector {
  readonly matchLabels?: object | undefined
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: unknown }[]
}

/** As Kubernetes reads a label selector; an empty one selects everything. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  const expressions = matchExpressions.every(({ key, operator, values }) => {
    if (operator !== 'In') throw new Error(`unsupported operator ${operator}`)
    return (values as string[]).includes(labels[key] ?? '')
  })
  return expressions && Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
}

export const policiesOf = (manifests: readonly Manifest[]): (INetworkPolicy & Manifest)[] =>
  manifests.filter(({ kind }) => kind === 'NetworkPolicy') as (INetworkPolicy & Manifest)[]
