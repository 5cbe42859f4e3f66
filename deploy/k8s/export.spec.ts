import { expect, test } from 'vitest'
import { render } from './testing/render.js'

interface Container {
  readonly image: string
  readonly envFrom: readonly unknown[]
  readonly securityContext: unknown
}
const manifests = render('testing/with-export')
const find = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)

test('the component starts the export with the brokers, and as strictly as every other process', () => {
  const spec = (of: string) => {
    const { template } = (find('StatefulSet', of) as unknown as { spec: { template: { spec: Pod } } }).spec
    return template.spec
  }
  const [own, other] = [spec('export'), spec('membership')]
  expect((find('ConfigMap', 'beseda') as unknown as { data: Record<string, string> }).data.KAFKA_BROKERS).toContain(
    ':9092',
  )
  expect(own.securityContext).toEqual(other.securityContext)
  expect(own.containers[0]?.securityContext).toEqual(other.containers[0]?.securityContext)
  expect(own.containers[0]?.image).toBe(other.containers[0]?.image)
  expect(own.containers[0]?.envFrom).toContainEqual(other.containers[0]?.envFrom[0])
})

test('it may reach NATS and Kafka', () => {
  expect(find('NetworkPolicy', 'export-to-kafka')).toBeDefined()
  expect(JSON.stringify(find('NetworkPolicy', 'nats'))).toContain('"export"')
})

interface Pod {
  readonly securityContext: unknown
  readonly containers: readonly Container[]
}
