import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { containersOf, type Labels, type Manifest, policiesOf, selects, type Workload } from './render.js'

type Direction = 'ingress' | 'egress'
interface Rule {
  readonly peers:
    | readonly { podSelector?: object; namespaceSelector?: { matchLabels?: object }; ipBlock?: object }[]
    | undefined
  readonly ports: readonly { protocol?: string; port?: string | number }[]
}

/** The rules of one direction for a pod; undefined: no policy selects it, so all traffic is allowed. */
function rulesOf(policies: readonly INetworkPolicy[], labels: Labels, direction: Direction): Rule[] | undefined {
  const type = direction === 'ingress' ? 'Ingress' : 'Egress'
  const own = policies.filter(({ spec }) => spec?.policyTypes?.includes(type) && selects(spec.podSelector, labels))
  if (own.length === 0) return undefined
  return own.flatMap(({ spec }) =>
    direction === 'ingress'
      ? (spec?.ingress ?? []).map(({ from, ports = [] }) => ({ peers: from as Rule['peers'], ports }))
      : (spec?.egress ?? []).map(({ to, ports = [] }) => ({ peers: to as Rule['peers'], ports })),
  )
}

const names = (peer: { podSelector?: object; namespaceSelector?: object }, labels: Labels) =>
  peer.namespaceSelector === undefined && peer.podSelector !== undefined && selects(peer.podSelector, labels)

const fits = (ports: Rule['ports'], number: number, name: string) =>
  ports.length === 0 || ports.some(({ port }) => port === number || port === name)

const portsOf = (workload: Workload) => containersOf(workload).flatMap(({ ports = [] }) => ports)

/**
 * Every connection between pods of the namespace that the policies let through, as `gateway -> nats:4222`: what the one may
 * send and the other may take.
 */
export function connections(manifests: readonly Manifest[], workloads: readonly Workload[]): string[] {
  const policies = policiesOf(manifests)
  const found = new Set<string>()
  for (const to of workloads) {
    for (const { containerPort: number, name = '' } of portsOf(to)) {
      for (const from of workloads) {
        const out = rulesOf(policies, from.labels, 'egress')
        const into = rulesOf(policies, to.labels, 'ingress')
        const leaves = !out || out.some(({ peers, ports }) => passes(peers, to.labels) && fits(ports, number, name))
        const enters = !into || into.some(({ peers, ports }) => passes(peers, from.labels) && fits(ports, number, name))
        if (leaves && enters) found.add(`${from.name} -> ${to.name}:${number}`)
      }
    }
  }
  return [...found]
}

const passes = (peers: Rule['peers'], labels: Labels) => !peers || peers.some((peer) => names(peer, labels))

/** Allowed connections from outside the namespace, as `ingress-nginx -> gateway:http`; `anywhere` if the source is unrestricted. */
export function entrances(manifests: readonly Manifest[], workloads: readonly Workload[]): string[] {
  const policies = policiesOf(manifests)
  return workloads.flatMap((to) =>
    (rulesOf(policies, to.labels, 'ingress') ?? [{ peers: undefined, ports: [] }]).flatMap(({ peers, ports }) =>
      (peers ?? [undefined])
        .filter((peer) => peer === undefined || peer.namespaceSelector !== undefined)
        .flatMap((peer) => {
          const labels = (peer?.namespaceSelector?.matchLabels ?? {}) as Labels
          const from = labels['kubernetes.io/metadata.name'] ?? 'anywhere'
          return ports.map(({ port }) => `${from} -> ${to.name}:${port}`)
        }),
    ),
  )
}

/** Ports in policies that no selected pod has. */
export function deadPorts(manifests: readonly Manifest[], workloads: readonly Workload[]): string[] {
  return policiesOf(manifests).flatMap((policy) => {
    const known = (targets: readonly Workload[], port: string | number | undefined) =>
      targets.some((target) =>
        portsOf(target).some(({ containerPort, name }) => port === containerPort || port === name),
      )
    const own = workloads.filter(({ labels }) => selects(policy.spec?.podSelector, labels))
    const incoming = (policy.spec?.ingress ?? []).flatMap(({ ports = [] }) =>
      ports.filter(({ port }) => !known(own, port)),
    )
    const outgoing = (policy.spec?.egress ?? []).flatMap(({ to = [], ports = [] }) => {
      const targets = workloads.filter(({ labels }) => to.some((peer) => names(peer, labels)))
      const within = to.every(
        ({ namespaceSelector, ipBlock }) => namespaceSelector === undefined && ipBlock === undefined,
      )
      return within ? ports.filter(({ port }) => !known(targets, port)) : []
    })
    return [...incoming, ...outgoing].map(({ port }) => `${policy.metadata.name}: ${port}`)
  })
}
