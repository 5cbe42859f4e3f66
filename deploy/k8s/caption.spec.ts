import { expect, test } from 'vitest'
import { render } from './testing/render.js'

interface Workload {
  readonly spec: {
    readonly replicas: number
    readonly template: { readonly spec: { readonly securityContext: unknown; readonly containers: readonly unknown[] } }
  }
}
const manifests = render('testing/with-captions')
const find = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)
const workload = (name: string) => (find('Deployment', name) as unknown as Workload).spec

test('the component starts the caption service once, as strictly as every other process', () => {
  const [own, other] = [workload('caption'), workload('preview')]
  const strictness = ({ template }: Workload['spec']) => {
    const [{ securityContext, image }] = template.spec.containers as [{ securityContext: unknown; image: string }]
    return [template.spec.securityContext, securityContext, image]
  }
  // Devices seal for the key of one process.
  expect(own.replicas).toBe(1)
  expect(strictness(own)).toEqual(strictness(other))
})

test('it may reach NATS and engines, and nothing else', () => {
  const { egress } = (find('NetworkPolicy', 'caption-to-engine') as unknown as { spec: { egress: unknown[] } }).spec
  expect(JSON.stringify(egress)).toBe(
    JSON.stringify([{ ports: [443, 8000].map((port) => ({ port, protocol: 'TCP' })) }]),
  )
  expect(JSON.stringify(find('NetworkPolicy', 'nats'))).toContain('"caption"')
  expect(JSON.stringify(find('NetworkPolicy', 'outside'))).not.toContain('"caption"')
})
