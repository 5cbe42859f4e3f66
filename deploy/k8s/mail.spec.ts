import { expect, test } from 'vitest'
import { render } from './testing/render.js'

interface Pod {
  readonly securityContext: unknown
  readonly containers: readonly {
    readonly image: string
    readonly envFrom: readonly unknown[]
    readonly securityContext: unknown
  }[]
}
const manifests = render('testing/with-mail')
const find = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)

test('the component starts the mail service, as strictly as every other process, and lets people have addresses', () => {
  const spec = (of: string) => {
    const { template } = (find('Deployment', of) as unknown as { spec: { template: { spec: Pod } } }).spec
    return template.spec
  }
  const [own, other] = [spec('mail'), spec('preview')]
  expect((find('ConfigMap', 'beseda') as unknown as { data: Record<string, string> }).data.MAIL).toBe('true')
  expect(own.securityContext).toEqual(other.securityContext)
  expect(own.containers[0]?.securityContext).toEqual(other.containers[0]?.securityContext)
  expect(own.containers[0]?.image).toBe(other.containers[0]?.image)
  expect(own.containers[0]?.envFrom).toContainEqual(other.containers[0]?.envFrom[0])
})

test('it may reach NATS and SMTP servers, and nothing else', () => {
  const [ports] = (find('NetworkPolicy', 'mail-to-smtp') as unknown as { spec: { egress: unknown[] } }).spec.egress
  expect(JSON.stringify(ports)).toBe(
    JSON.stringify({ ports: [25, 465, 587].map((port) => ({ port, protocol: 'TCP' })) }),
  )
  expect(JSON.stringify(find('NetworkPolicy', 'nats'))).toContain('"mail"')
  expect(JSON.stringify(find('NetworkPolicy', 'outside'))).not.toContain('"mail"')
})
