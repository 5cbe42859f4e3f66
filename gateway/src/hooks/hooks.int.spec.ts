import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, Person } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Tools that post by the address of a webhook, on the built system. */
let beseda: Installation
let ann: Person
let groupId = ''
beforeAll(async () => {
  beseda = await Installation.start()
  ann = await Person.register(beseda.url)
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Tools' }
  groupId = (await ann.groups.createGroup(founding)).group?.id ?? ''
})
afterAll(() => beseda?.stop())

async function hook(name: string): Promise<string> {
  const { token } = await ann.groups.createWebhook({ commandId: newId(), groupId, name })
  return `${beseda.url}/hooks/${token}`
}
const send = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers, body })
const newest = async () => (await ann.groups.listMessages({ groupId, limit: 1 })).messages.at(-1)

test('what speaks to Slack gets the answer of Slack, and is shown under its own name', async () => {
  const url = await hook('CI')
  const payload = JSON.stringify({ text: 'Deployed *api* to <https://example.com|live>', username: 'deploybot' })
  for (const body of [payload, new URLSearchParams({ payload })]) {
    const answer = await send(url, body)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain', 'ok'])
    expect(await newest()).toMatchObject({
      text: 'Deployed **api** to [live](https://example.com)',
      authorName: 'deploybot',
    })
  }
})

test('a delivery of GitHub is posted once, however often it is made', async () => {
  const url = await hook('GitHub')
  const headers = { 'X-GitHub-Event': 'star', 'X-GitHub-Delivery': newId(), 'Content-Type': 'application/json' }
  const body = JSON.stringify({ action: 'created', repository: { full_name: 'octo/tea' }, sender: { login: 'ann' } })
  const [first, again] = [await send(url, body, headers), await send(url, body, headers)]
  expect([first.status, await first.json()]).toEqual([again.status, await again.json()])
  expect(await newest()).toMatchObject({ text: '**octo/tea** ann gave a star', authorName: 'GitHub' })
  const { messages } = await ann.groups.listMessages({ groupId, limit: 50 })
  expect(messages.filter(({ text }) => text.includes('star'))).toHaveLength(1)
})

test('events of GitLab and groups of alerts are messages; a large one is taken, a larger one refused', async () => {
  const url = await hook('Tools')
  const job = { object_kind: 'build', project_name: 'tea', build_name: 'test', build_status: 'failed', ref: 'main' }
  expect((await send(url, JSON.stringify(job), { 'X-Gitlab-Event': 'Job Hook' })).status).toBe(200)
  expect((await newest())?.text).toBe('**tea** job test on main: **failed**')
  const alerts = [
    { status: 'firing', labels: { alertname: 'Slow' }, annotations: { description: 'x'.repeat(100_000) } },
  ]
  const group = { version: '4', groupKey: 'k', status: 'firing', groupLabels: { alertname: 'Slow' }, alerts }
  expect((await send(url, JSON.stringify(group))).status).toBe(200)
  expect((await newest())?.text).toBe('**🔥 Firing (1): Slow**\n- 🔥 Slow')
  const larger = await send(url, JSON.stringify({ ...group, more: 'x'.repeat(200_000) }))
  expect(((await larger.json()) as { message: string }).message).toBe('TOO_LARGE')
})

test('an address that is wrong or was revoked takes no payload of any kind', async () => {
  const url = await hook('Gone')
  const { webhooks } = await ann.groups.listWebhooks({ groupId })
  const webhookId = webhooks.find(({ name }) => name === 'Gone')?.id ?? ''
  await ann.groups.deleteWebhook({ commandId: newId(), groupId, webhookId })
  for (const address of [url, `${beseda.url}/hooks/nothing`]) {
    const answers = [
      await send(address, JSON.stringify({ text: 'x', username: 'y' })),
      await send(address, '{}', { 'X-GitHub-Event': 'ping' }),
    ]
    for (const answer of answers)
      expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([
        404,
        'WEBHOOK_NOT_FOUND',
      ])
  }
})
