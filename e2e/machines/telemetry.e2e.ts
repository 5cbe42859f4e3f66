import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, Person } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { Collector, type Span } from '../support/collector.js'
import { createGroup, messages, personAtWindow, say } from '../support/people.js'

let collector: Collector
let beseda: Installation
beforeAll(async () => {
  collector = await Collector.start()
  beseda = await Installation.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    BROWSER_TRACE_PERCENT: '100',
  })
})
afterAll(async () => {
  await beseda?.stop()
  collector?.close()
})
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const servicesOf = (spans: readonly Span[]): ReadonlySet<string> => new Set(spans.map(({ service }) => service))
const POST = 'beseda.group.v1.GroupService/PostMessage'

test('a request is one trace from the gateway through every service it takes', async () => {
  const [ann, bob] = [await Person.register(beseda.url), await Person.register(beseda.url)]
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'Traced', memberIds: [bob.userId] }
  await ann.groups.createGroup(creation)
  const creating = () => collector.named('beseda.group.v1.GroupService/CreateGroup')
  await expect.poll(() => servicesOf(creating())).toEqual(new Set(['gateway', 'group']))
  const [gateway, group] = ['gateway', 'group'].map((name) => creating().find(({ service }) => service === name)!)
  expect(group).toMatchObject({ traceId: gateway!.traceId, parentSpanId: gateway!.spanId })
  const asked = () =>
    collector.spans.filter(({ name, traceId }) => name.endsWith('/GetUsers') && traceId === gateway!.traceId)
  await expect.poll(() => servicesOf(asked())).toEqual(new Set(['group', 'identity']))
})

describe('two browsers on two gateways', () => {
  test('one trace goes from the click across the log to the paint at the other side; a replay links to it', async () => {
    const ann = await personAtWindow(browser, beseda.url, 'Ann Tracer')
    const bob = await personAtWindow(browser, beseda.url2, 'Bob Tracer')
    await createGroup(ann.page, 'Traces', [bob])
    await bob.page.getByRole('link', { name: 'Traces' }).last().click()
    await say(ann.page, 'seen at once')
    await messages(bob.page).getByText('seen at once').waitFor()

    const clicks = () => collector.named('click')
    await expect.poll(clicks).toHaveLength(1)
    const [click] = clicks()
    const within = (name: string, service: string) => () =>
      collector.named(name, click!.traceId).filter((span) => span.service === service)
    await expect.poll(within('paint', 'browser')).toHaveLength(2)
    await expect.poll(within('deliver messages', 'gateway')).toHaveLength(2)
    await expect.poll(within('append messages', 'group')).toHaveLength(1)
    const [sent] = within(POST, 'browser')()
    const [relayed] = within(POST, 'gateway')()
    const [handled] = within(POST, 'group')()
    const parents = [sent, relayed, handled].map((span) => span?.parentSpanId)
    expect(parents).toEqual([click?.spanId, sent?.spanId, relayed?.spanId])

    await bob.context.setOffline(true)
    await say(ann.page, 'while bob is away')
    await messages(ann.page).getByText('while bob is away').waitFor()
    await expect.poll(clicks).toHaveLength(2)
    const away = clicks()[1]!
    await bob.context.setOffline(false)
    await messages(bob.page).getByText('while bob is away').waitFor()
    const linked = (name: string) => () =>
      collector.named(name).filter(({ links = [] }) => links.some(({ traceId }) => traceId === away.traceId))
    for (const [name, service] of [
      ['paint', 'browser'],
      ['deliver messages', 'gateway'],
    ] as const) {
      await expect.poll(linked(name)).toHaveLength(1)
      const [replayed] = linked(name)()
      expect(replayed?.service).toBe(service)
      expect(replayed?.traceId).not.toBe(away.traceId)
    }
    expect([...ann.errors, ...bob.errors]).toEqual([])
  })
})

describe('spans of browsers', () => {
  const post = (headers: Record<string, string>, body: string) =>
    fetch(`${beseda.url}/telemetry/v1/traces`, { method: 'POST', headers, body })

  test('are accepted from signed-in people, with a rate limit', async () => {
    expect((await post({}, '{}')).status).toBe(401)
    const ann = await Person.register(beseda.url)
    const signedIn = { Authorization: `Bearer ${ann.tokens.accessToken}` }
    expect((await post(signedIn, 'not JSON')).status).toBe(202)
    expect(await (await post(signedIn, 'x'.repeat(33 * 1024))).text()).toContain('TOO_LARGE')
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(signedIn, '{}')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 429]))
  })
})
