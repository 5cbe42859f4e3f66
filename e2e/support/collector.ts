import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  /** Name of the process that reported it. */
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

/** An OTLP receiver (HTTP, JSON) that keeps what it receives. */
export class Collector {
  readonly spans: Span[] = []

  private constructor(
    readonly endpoint: string,
    readonly close: () => void,
  ) {}

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (request.url === '/v1/traces')
        collector.spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString()) as Export))
      response.setHeader('Content-Type', 'application/json').end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const collector = new Collector(endpoint, () => void server.close())
    return collector
  }

  /** Spans with a name, of one trace or of all. */
  named(name: string, traceId?: string): Span[] {
    return this.spans.filter((span) => span.name === name && (traceId === undefined || span.traceId === traceId))
  }
}
