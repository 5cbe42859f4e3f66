import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The kinds that the chart installs, by their API. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: ['ConfigMap', 'PersistentVolumeClaim', 'Secret', 'Service', 'ServiceAccount', 'Pod'],
  'apps/v1': ['StatefulSet', 'Deployment'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'batch/v1': ['Job', 'CronJob'],
  'gateway.networking.k8s.io/v1': ['HTTPRoute'],
  'networking.k8s.io/v1': ['NetworkPolicy', 'Ingress'],
  'policy/v1': ['PodDisruptionBudget'],
}
const pluralOf = (kind: string) => `${kind.toLowerCase()}s`.replace(/ys$/, 'ies').replace(/sss$/, 'sses')

interface Stored {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

/** The part of Kubernetes' API that `lookup` of Helm uses, with some objects in it. Returns its address and how to end it. */
export async function clusterWith(objects: readonly Stored[]): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const { status, body } = answer(objects, new URL(request.url ?? '/', 'http://cluster').pathname)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const notFound = {
  status: 404,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
}
const found = (body: unknown) => ({ status: 200, body })

function answer(objects: readonly Stored[], path: string): { status: number; body: unknown } {
  if (path === '/version') return found({ major: '1', minor: '34', gitVersion: 'v1.34.0' })
  if (path === '/api') return found({ kind: 'APIVersions', versions: ['v1'] })
  if (path === '/apis') return found({ kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS })
  const api = Object.keys(KINDS).find((known) => new RegExp(`^/apis?/${known}(/|$)`).test(path)) ?? ''
  const kinds = KINDS[api]
  if (!kinds) return notFound
  const [, plural, name] = /\/namespaces\/[^/]+\/([^/]+)\/?(.*)$/.exec(path) ?? []
  if (!plural) {
    const resources = kinds.map((kind) => ({ kind, name: pluralOf(kind), namespaced: true, verbs: ['get', 'list'] }))
    return found({ kind: 'APIResourceList', groupVersion: api, resources })
  }
  return stored(
    objects,
    api,
    kinds.find((kind) => pluralOf(kind) === plural),
    name,
  )
}

const GROUPS = Object.keys(KINDS).flatMap((groupVersion) => {
  const [name, version] = groupVersion.split('/')
  return version ? [{ name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } }] : []
})

function stored(objects: readonly Stored[], api: string, kind: string | undefined, name: string | undefined) {
  const ofKind = objects.filter((one) => one.kind === kind)
  if (!name) return found({ kind: `${kind}List`, apiVersion: api, metadata: {}, items: ofKind })
  const one = ofKind.find(({ metadata }) => metadata.name === name)
  return one ? found({ apiVersion: api, ...one }) : notFound
}
