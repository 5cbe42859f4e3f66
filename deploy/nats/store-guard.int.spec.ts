import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePeopleStreams } from '@beseda/history'
import { startNats, startNatsCluster, type TestNats } from '@beseda/testkit'
import { expect, onTestFinished, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('store-guard.sh', import.meta.url))

/** What the pod does before its NATS server starts. */
function guard(kind: 'cluster' | 'single', folder: string) {
  const { status, stdout, stderr } = spawnSync('sh', [SCRIPT, kind, folder], { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}
const PASSES = { status: 0, said: '' }

async function fill(nats: TestNats, replicas: number): Promise<void> {
  const admin = await nats.connect()
  await ensurePeopleStreams(admin, { partitions: 1, replicas })
  await admin.close()
}

test('the log of a single server is refused by a cluster, in one sentence, and by nothing else', async () => {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  expect(guard('cluster', nats.folder)).toEqual(PASSES)
  await fill(nats, 1)
  const refused = guard('cluster', nats.folder)
  expect(refused).toEqual({
    status: 1,
    said: expect.stringMatching(/^The log in .+ belongs to a single NATS server, and a cluster would delete it.+\n$/),
  })
  expect(refused.said.trim().split('\n')).toHaveLength(1)
  expect(guard('single', nats.folder)).toEqual(PASSES)
})

test('a server of a cluster starts again on its log, and no single server does', async () => {
  const { nodes, stop } = await startNatsCluster(3)
  onTestFinished(stop)
  const [first] = nodes
  if (!first) throw new Error('an empty cluster')
  await fill(first, 3)
  for (const { folder } of nodes) {
    expect(guard('cluster', folder)).toEqual(PASSES)
    const refused = guard('single', folder)
    expect(refused).toEqual({ status: 1, said: expect.stringMatching(/^The log in .+ belongs to a cluster.+\n$/) })
  }
})

test.each(['cluster', 'single'] as const)('an empty volume is accepted by a %s', async (kind) => {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  expect(guard(kind, folder)).toEqual(PASSES)
})
