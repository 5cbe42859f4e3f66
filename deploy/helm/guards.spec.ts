import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { clusterWith } from './testing/cluster.js'
import { needsHelm, run } from './testing/helm.js'

type Objects = Parameters<typeof clusterWith>[0]

const SECRETS = ['beseda-nats', 'beseda-keys'].map((name) => ({ kind: 'Secret', metadata: { name }, data: {} }))
const claim = (name: string, storage: string) => ({
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { resources: { requests: { storage } } },
})
const stateful = (name: string, replicas: number, storage: string) => ({
  kind: 'StatefulSet',
  metadata: { name },
  spec: { replicas, volumeClaimTemplates: [{ spec: { resources: { requests: { storage } } } }] },
})
/** What an installation with the default values has. */
const INSTALLED: Objects = [
  ...SECRETS,
  { kind: 'ConfigMap', metadata: { name: 'beseda' }, data: { PARTITION_COUNT: '16' } } as Objects[number],
  stateful('nats', 3, '50Gi'),
  stateful('group', 2, '10Gi'),
  claim('data-nats-0', '50Gi'),
  claim('backups', '100Gi'),
]
const trial: Objects = [...SECRETS, stateful('nats', 1, '50Gi')]

/** Upgrades (or installs) in a cluster with these objects, without changing it. */
async function inCluster(objects: Objects, values: object, args = ['--is-upgrade']) {
  await using cluster = await clusterWith(objects)
  const own = [
    '--dry-run=server',
    '--kube-apiserver',
    cluster.url,
    '--kube-token',
    'none',
    '--disable-openapi-validation',
  ]
  return await run('template', { values, args: [...own, ...args] })
}

describe('an upgrade', () => {
  needsHelm()
  test('goes through when nothing would be destroyed', async () => {
    expect((await inCluster(INSTALLED, { gateway: { max: 30 } })).error).toBe('')
  })

  test.each<[string, Objects, object, string]>([
    ['another number of partitions', INSTALLED, { partitions: 32 }, 'partitions is 32, but the log has 16'],
    ['a cluster over the log of a single server', trial, {}, 'nats.replicas is 3, but there are 1'],
    [
      'a single server over a cluster',
      INSTALLED,
      { nats: { replicas: 1, streamReplicas: 1 } },
      'nats.replicas is 1, but there are 3',
    ],
    ['fewer servers', [...SECRETS, stateful('nats', 5, '50Gi')], {}, 'nats.replicas is 3, but there are 5'],
    [
      'giving up NATS, with the log',
      INSTALLED,
      { nats: { bundled: false, url: 'nats://other:4222' } },
      'nats.bundled is false',
    ],
    [
      'a smaller store',
      INSTALLED,
      { nats: { storage: '49Gi' } },
      'nats.storage is 49Gi, but its volume data-nats-0 has 50Gi',
    ],
    [
      'a smaller store after its StatefulSet was deleted',
      [...SECRETS, claim('data-nats-0', '1Ti')],
      {},
      'data-nats-0 has 1Ti',
    ],
    ['a smaller volume for backups', INSTALLED, { backup: { storage: '10Gi' } }, 'backup.storage is 10Gi'],
    ['a volume of another size in place', INSTALLED, { group: { storage: '20Gi' } }, '--cascade=orphan'],
    [
      'keys that are gone',
      [SECRETS[0] ?? { kind: '', metadata: { name: '' } }],
      {},
      'the secret beseda-keys is missing',
    ],
    ['TURN without its secret', INSTALLED, { turn: { enabled: true } }, 'the secret beseda-turn is missing'],
    ['an SFU without its secret', INSTALLED, { sfu: { enabled: true } }, 'the secret beseda-sfu is missing'],
  ])('refuses %s', async (_, objects, values, message) => {
    expect((await inCluster(objects, values)).error).toContain(message)
  })

  test('takes other partitions after a restore, and nothing else', async () => {
    expect((await inCluster(INSTALLED, { partitions: 32, restored: true })).error).toBe('')
    expect((await inCluster(INSTALLED, { nats: { storage: '49Gi' }, restored: true })).error).toContain(
      'cannot become smaller',
    )
  })
})

type Secret = { kind: string; metadata: { name: string }; data: Record<string, string> }
const secretsIn = (text: string) =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Secret | null)
    .filter((one): one is Secret => one?.kind === 'Secret')
const plain = (coded: string | undefined) => Buffer.from(coded ?? '', 'base64').toString()

describe('secrets', () => {
  needsHelm()
  test('are made by the first installation: keys that the processes can read, a password for each user of NATS', async () => {
    const { text, error } = await inCluster([], {}, [])
    expect(error).toBe('')
    const [nats, keys] = secretsIn(text)
    expect(Object.keys(nats?.data ?? {})).toEqual(expect.arrayContaining(['admin', 'gateway', 'identity', 'export']))
    expect(new Set(Object.values(nats?.data ?? {})).size).toBe(Object.keys(nats?.data ?? {}).length)
    expect(createPrivateKey(plain(keys?.data['signing-key.pem'])).asymmetricKeyType).toBe('ed25519')
    expect(plain(keys?.data['secret.hex'])).toMatch(/^[0-9a-f]{64}$/)
  })

  test('stay as they are, and get the password of a new user', async () => {
    const known = { kind: 'Secret', metadata: { name: 'beseda-nats' }, data: { admin: 'a25vd24=' } }
    const [nats] = secretsIn((await inCluster([known, ...SECRETS.slice(1)], {})).text)
    expect(nats?.data.admin).toBe('a25vd24=')
    expect(plain(nats?.data.export)).toMatch(/^n\w{48}$/)
  })

  test('are made for the SFU where that is wanted: the same for the call service and for the nodes, and they stay', async () => {
    const values = { sfu: { enabled: true, generate: true } }
    const made = secretsIn((await inCluster([], values, [])).text).find(
      ({ metadata }) => metadata.name === 'beseda-sfu',
    )
    const secret = plain(made?.data.secret)
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect(plain(made?.data['keys.yaml'])).toBe(`beseda: ${secret}`)
    const known = { kind: 'Secret', metadata: { name: 'beseda-sfu' }, data: { secret: 'a25vd24=' } }
    const [, , kept] = secretsIn((await inCluster([...INSTALLED, known], values)).text)
    expect(plain(kept?.data['keys.yaml'])).toBe('beseda: known')
    expect(secretsIn((await inCluster([], {}, [])).text)).toHaveLength(2)
  })

  test('of your own have to be there', async () => {
    expect((await inCluster([], { secrets: { generate: false } }, [])).error).toContain(
      'the secret beseda-nats is missing',
    )
  })
})
