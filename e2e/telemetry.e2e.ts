import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, Person } from '@beseda/testkit'
import { expect, onTestFinished, test } from 'vitest'

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly service: string
}
interface Export {
  readonly resourceSpans: {
    readonly resource: {
      readonly attributes: { readonly key: string; readonly value: { readonly stringValue?: string } }[]
    }
    readonly scopeSpans: { readonly spans: Omit<Span, 'service'>[] }[]
  }[]
}

const spansOf = ({ resourceSpans }: Export): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
  })

test('with an endpoint, a request is one trace from the gateway through every service it takes', async () => {
  const spans: Span[] = []
  const collector = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.url === '/v1/traces') spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString()) as Export))
    response.setHeader('Content-Type', 'application/json').end('{}')
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  onTestFinished(() => void collector.close())
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  const beseda = await Installation.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' })
  onTestFinished(() => beseda.stop())

  const [ann, bob] = [await Person.register(beseda.url), await Person.register(beseda.url)]
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'Traced', memberIds: [bob.userId] }
  await ann.groups.createGroup(creation)

  const creating = () => spans.filter(({ name }) => name === 'beseda.group.v1.GroupService/CreateGroup')
  await expect.poll(() => servicesOf(creating()), { timeout: 20_000 }).toEqual(new Set(['gateway', 'group']))
  const [gateway, group] = ['gateway', 'group'].map((name) => creating().find(({ service }) => service === name)!)
  expect(group).toMatchObject({ traceId: gateway!.traceId, parentSpanId: gateway!.spanId })
  const asked = () => spans.filter(({ name, traceId }) => name.endsWith('/GetUsers') && traceId === gateway!.traceId)
  await expect.poll(() => servicesOf(asked()), { timeout: 20_000 }).toEqual(new Set(['group', 'identity']))
})

const servicesOf = (spans: readonly Span[]): ReadonlySet<string> => new Set(spans.map(({ service }) => service))
