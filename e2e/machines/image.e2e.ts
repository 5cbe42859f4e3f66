import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { globSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { freePort, freePorts, type NatsUser, Person, startNats, startRedis } from '@beseda/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { NODE } from '../../tools/lib/root.mjs'
import { provideGatewayNode } from '../../tools/provision/index.mjs'
import { SERVICES } from '../../tools/start/plan.mjs'
import { runImageSteps, startFromImage } from '../support/image.js'

/** Every file with its modification time, to detect writes that a read-only root would forbid. */
const filesOf = (folder: string) =>
  globSync('**/*', { cwd: folder, exclude: (name) => name === '.bin' }).map((path) => {
    const { size, mtimeMs } = statSync(join(folder, path))
    return `${path} ${size} ${mtimeMs}`
  })

test('the image of the Dockerfile starts, serves, writes nothing into itself and stops at SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-image-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const image = join(folder, 'image')
  runImageSteps(image)
  const before = filesOf(image)

  const [nats, redis] = await Promise.all([startNats({ config: 'production' }), startRedis()])
  onTestFinished(async () => void (await Promise.all([nats.stop(), redis.stop()])))
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(join(folder, 'secret.hex'), randomBytes(32).toString('hex'))
  const environment = (user: NatsUser, healthPort: number) => ({
    NATS_URL: nats.url,
    NATS_USER: user,
    NATS_PASSWORD: nats.credentials(user)?.pass ?? '',
    REDIS_URL: redis.url,
    DATA_DIR: join(folder, 'data', user),
    HEALTH_PORT: String(healthPort),
    SIGNING_KEY_FILE: join(folder, 'key.pem'),
    SECRET_FILE: join(folder, 'secret.hex'),
    REGISTRATION: 'open',
    // Nobody is there: the export and the mail wait, captions fail, and all are ready.
    KAFKA_BROKERS: '127.0.0.1:1',
    CAPTION_URL: 'http://127.0.0.1:1/',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'chat@example.org',
    PUBLIC_URL: 'https://chat.example.org',
  })
  execFileSync(NODE, ['tools/setup-log.mjs'], { cwd: image, env: environment('admin', 0) })

  const ports = await freePorts(SERVICES.length)
  const services = SERVICES.map((name, i) =>
    startFromImage({
      name,
      folder: image,
      program: `services/${name}/dist/main.js`,
      env: environment(name, ports[i] ?? 0),
    }),
  )
  const port = await freePort()
  const gateway = startFromImage({
    name: 'gateway',
    folder: image,
    program: 'gateway/dist/main.js',
    env: {
      ...environment('gateway', await freePort()),
      PORT: String(port),
      WEB_DIR: join(image, 'web', 'dist'),
      TRUSTED_PROXY_HOPS: '1',
    },
    node: await provideGatewayNode(NODE),
  })
  const running = await Promise.all([...services, gateway])

  const url = `http://127.0.0.1:${port}`
  const ann = await Person.register(url)
  const { group } = await ann.groups.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'From the image' })
  await ann.groups.postMessage({ messageId: newId(), groupId: group?.id ?? '', text: 'hello' })
  expect(await (await fetch(url)).text()).toContain('<title>Beseda</title>')

  for (const process of running.reverse()) expect([process.name, await process.stop()]).toEqual([process.name, 0])
  expect(filesOf(image)).toEqual(before)
})
