import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { newId } from '@beseda/kernel'
import { Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, Person } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const document = await readFile(join(root, 'docs/sdk.md'), 'utf8')
const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** An empty project somewhere else, into which npm has put the package; without a network, with what it needs from this repository's own installation. */
let folder = ''
let project = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beseda-sdk-'))
  project = join(folder, 'project')
  await run(process.execPath, [bin('tsc'), '-b', 'libs/sdk'], { cwd: root })
  for (const packed of [join(root, 'libs/sdk'), join(root, 'node_modules/@bufbuild/protobuf')])
    await run('npm', ['pack', '--pack-destination', folder], { cwd: packed })
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz')).map((name) => join(folder, name))
  expect(tarballs).toHaveLength(2)
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{"name":"my-bot","private":true,"type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: project })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the package needs one other package, and nothing of the workspace', async () => {
  const installed = await readdir(join(project, 'node_modules'), { recursive: true })
  const packages = installed.filter((path) => /^(@[^/]+\/)?[^/@]+\/package\.json$/.test(path))
  expect(packages.toSorted()).toEqual(['@beseda/sdk/package.json', '@bufbuild/protobuf/package.json'])
  expect(
    installed.filter((path) => /\.spec\.|\/testing\/|\.map$|pack\.mjs$/.test(path) && path.startsWith('@beseda')),
  ).toEqual([])
})

test('it has what its own files name, its license, and no document of the server', async () => {
  const home = join(project, 'node_modules/@beseda/sdk')
  const files = await readdir(home, { recursive: true })
  expect(await readFile(join(home, 'LICENSE'), 'utf8')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'))
  expect(files.filter((path) => /openapi/.test(path))).toEqual([])
  const { exports } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  const exported = Object.values<string>(exports['.']).map((path) => path.slice(2))
  expect(exported.filter((path) => !files.includes(path))).toEqual([])
  for (const name of ['README.md', 'dist/package/sdk.md']) {
    const links = [...(await readFile(join(home, name), 'utf8')).matchAll(/\]\(([^)]*)\)/g)].map(([, to]) => to)
    expect(links.filter((to) => !to?.startsWith('https:'))).toEqual([])
  }
})

test('its types are whole', async () => {
  const source = `
import { Beseda, type BesedaEvent, BesedaError, ErrorReason } from '@beseda/sdk'
import { MessageSchema, type Message } from '@beseda/sdk/proto/group/v1/group_service'

const client: Beseda = new Beseda({ url: 'http://127.0.0.1:8080', token: 'x' })
const { message } = await client.api.group.getMessage({ groupId: 'a', messageId: 'b' })
const text: string | undefined = (message satisfies Message | undefined)?.text
const told = (event: BesedaEvent): string => (event.kind === 'memberJoined' ? event.value.userId : event.kind)
// @ts-expect-error: the contract has no such method.
await client.api.group.postMassage({})
// @ts-expect-error: only services call it.
await client.api.group.postByWebhook({})
// @ts-expect-error: the contract has no such field.
await client.api.group.postMessage({ txet: '' })
export const all = [text, told, MessageSchema.typeName, ErrorReason.NOT_A_MEMBER, BesedaError]
`
  await writeFile(join(project, 'types.ts'), source)
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--lib',
    'es2024,dom',
    '--types',
    '',
  ]
  const { stdout } = await run(process.execPath, [bin('tsc'), ...options, 'types.ts'], { cwd: project }).catch(
    (error) => error,
  )
  expect(stdout).toBe('')
})

test('the bot of the documentation, word by word, answers in an installation', async () => {
  const [, bot = ''] = /^```js\n([\s\S]*?)^```/m.exec(document) ?? []
  expect(bot.trimEnd().split('\n').length).toBeLessThanOrEqual(20)
  await writeFile(join(project, 'bot.js'), bot)
  const beseda = await Installation.start()
  try {
    const ann = await Person.register(beseda.url)
    const scopes = [Scope.READ, Scope.POST]
    const made = await ann.identity.createBot({ commandId: newId(), username: 'echo', displayName: 'Echo', scopes })
    const { group } = await ann.groups.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'Tea' })
    const groupId = group?.id ?? ''
    const userIds = [made.bot?.user?.id ?? '']
    await ann.membership.addMembers({ commandId: newId(), groupId, userIds })
    const env = { ...process.env, BESEDA_URL: beseda.url, BESEDA_TOKEN: made.token }
    const child = spawn(process.execPath, ['bot.js'], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      expect((await once(createInterface(child.stdout), 'line'))[0]).toBe('listening')
      const messageId = newId()
      await ann.groups.postMessage({ messageId, groupId, text: 'Tea?' })
      const answers = async () =>
        (await ann.groups.listMessages({ groupId, limit: 10 })).messages.filter(({ replyTo }) => replyTo === messageId)
      await expect.poll(answers).toMatchObject([{ text: 'You said: Tea?', authorId: userIds[0] }])
    } finally {
      child.kill('SIGTERM')
    }
    expect(await once(child, 'exit')).toEqual([0, null])
  } finally {
    await beseda.stop()
  }
})
