import { spawnSync } from 'node:child_process'
import { newId } from '@beseda/kernel'
import { Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Person } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { inRoot } from '../../tools/lib/root.mjs'
import { openWindow, withBrowser } from '../support/browser.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** The package of the SDK in a page of the installation, bundled as anybody's page would be. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** A script of somebody's page: answers one message, and sends the answer twice. */
const BOT = `
import { Beseda, BesedaError, ErrorReason } from './sdk.js'
import { groupId, token } from './settings.js'

const client = new Beseda({ url: location.origin, token })
for await (const event of client.events()) {
  if (event.kind === 'live') console.log('live')
  if (event.kind !== 'messagePosted' || event.actorId === client.userId) continue
  const messageId = await client.idFor('answer', event.value.messageId)
  const answer = { messageId, groupId, text: 'page: ' + event.value.text }
  await client.api.group.postMessage(answer)
  await client.api.group.postMessage(answer)
  break
}
const error = await client.api.identity.listBots({}).catch((reason) => reason)
client.close()
console.log('refused: ' + (error instanceof BesedaError ? ErrorReason[error.reason] : error))
`
const settings = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
    .join('')

/** One file for a page. */
async function bundled(): Promise<string> {
  const { status, stderr } = spawnSync(process.execPath, [inRoot('libs/sdk/pack.mjs')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const bundle = await rolldown({ input: inRoot('libs/sdk/dist/package/sdk/index.js'), platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm' })
  return output[0].code
}

test('a bot in a page answers a message once, and gets refusals as typed errors', async () => {
  const ann = await Person.register(beseda.url2)
  const username = `page-${Date.now().toString(36)}`
  const scopes = [Scope.READ, Scope.POST]
  const { bot, token } = await ann.identity.createBot({ commandId: newId(), username, displayName: 'Page', scopes })
  const { group } = await ann.groups.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'Pages' })
  const groupId = group?.id ?? ''
  await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [bot?.user?.id ?? ''] })

  const { page } = await openWindow(browser, beseda.url)
  const sources: Record<string, string> = { sdk: await bundled(), bot: BOT, settings: settings({ token, groupId }) }
  await page.route('**/in-a-page/*.js', (route) => {
    const [, name = ''] = /(\w+)\.js$/.exec(route.request().url()) ?? []
    return route.fulfill({ contentType: 'text/javascript', body: sources[name] ?? '' })
  })
  await page.goto('/sign-in')
  const says = (text: RegExp) => page.waitForEvent('console', (message) => text.test(message.text()))
  const [live, refused] = [says(/^live$/), says(/^refused/)]
  await page.addScriptTag({ type: 'module', url: '/in-a-page/bot.js' })
  await live
  await ann.groups.postMessage({ messageId: newId(), groupId, text: 'hello' })
  expect((await refused).text()).toBe('refused: SCOPE_MISSING')
  const { messages } = await ann.groups.listMessages({ groupId, limit: 10 })
  expect(messages.map(({ text }) => text)).toEqual(['hello', 'page: hello'])
})
