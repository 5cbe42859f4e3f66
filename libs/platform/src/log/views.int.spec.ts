import { readFileSync, writeFileSync } from 'node:fs'
import type { ViewDefinition } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { filesWith, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { PlatformConfig } from '../config.js'
import { Platform } from '../platform.js'

let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start()
})
afterAll(() => system.stop())

/** Commits that the definition has folded, in this process. */
let folded = 0
const commitsView: ViewDefinition = {
  name: 'commits',
  version: 1,
  schema: 'CREATE TABLE commits (seq INTEGER)',
  apply(view, { seq }) {
    folded++
    view.run('INSERT INTO commits (seq) VALUES (?)', seq)
  },
}

/** With rows on some hundred pages, which no start reads. */
const SCHEMA_WITH_ROWS = `${commitsView.schema}; CREATE TABLE filler (text TEXT);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  INSERT INTO filler SELECT hex(zeroblob(1000)) FROM n`

async function open(change: Partial<PlatformConfig> = {}): Promise<Platform> {
  const platform = await Platform.open({ ...system.config('group'), ...change }, (error) => system.failures.push(error))
  onTestFinished(() => platform.close())
  return platform
}

async function append({ store }: Platform, partition: number): Promise<void> {
  const body = { case: 'messagePosted', value: { messageId: newId(), authorId: 'ann', text: 'hello' } } as const
  const commit = create(CommitSchema, { id: newId(), events: [{ commandId: newId(), actorId: 'ann', body }] })
  await store.append({
    stream: historyStream(partition),
    subject: historySubject(partition, newId(), 'messages'),
    commit,
  })
}

test('the process is ready when its views have caught up, and tells how far they are', async () => {
  const platform = await open()
  await append(platform, 0)
  const projection = platform.views.open(commitsView, platform.views.historyStreams)
  expect(await platform.health.unready()).toEqual(['view commits'])
  await platform.views.caughtUp()
  expect(await platform.health.unready()).toEqual([])
  expect(projection.view.all('SELECT seq FROM commits')).toHaveLength(1)
  const { views, streams } = await platform.views.status()
  expect(views).toContainEqual({ view: 'commits', stream: historyStream(0), applied: 1n, lag: 0n })
  expect(streams).toContainEqual(expect.objectContaining({ stream: historyStream(0), lastSeq: 1n, replicasCurrent: 1 }))
  expect(await platform.metrics.metrics()).toContain('beseda_view_lag_commits{view="commits",stream="HISTORY_0"} 0')
})

test('a view that is opened again goes on from its checkpoint; with --rebuild it begins empty', async () => {
  const dataDir = `${system.folder}/again`
  const reads = async (change: Partial<PlatformConfig>) => {
    const platform = await open({ dataDir, ...change })
    folded = 0
    const projection = platform.views.open(commitsView, [historyStream(0)])
    await platform.views.caughtUp()
    const rows = projection.view.all('SELECT seq FROM commits').length
    await platform.close()
    return { folded, rows }
  }
  const first = await reads({})
  expect(first.folded).toBeGreaterThan(0)
  expect(await reads({})).toEqual({ folded: 0, rows: first.rows })
  expect(await reads({ rebuildViews: true })).toEqual(first)
})

test('a view whose file is damaged is built again, which is counted', async () => {
  const dataDir = `${system.folder}/damaged`
  const opened = async () => {
    const platform = await open({ dataDir })
    const projection = platform.views.open(commitsView, [historyStream(0)])
    await platform.views.caughtUp()
    const rows = projection.view.all('SELECT seq FROM commits').length
    const rebuilds = /view_rebuilds_total\{view="commits",reason="damaged"\} (\d+)/.exec(
      await platform.metrics.metrics(),
    )
    expect(await platform.health.unready()).toEqual([])
    await platform.close()
    return { rows, rebuilds: rebuilds?.[1] }
  }
  const { rows, rebuilds } = await opened()
  expect([rows > 0, rebuilds]).toEqual([true, '0'])
  writeFileSync(`${dataDir}/group/commits.sqlite`, 'torn'.repeat(2_000))
  expect(await opened()).toEqual({ rows, rebuilds: '1' })
})

test('a process whose view turns out to be damaged is not ready and ends; the next one builds the view again', async () => {
  const config = { ...system.config('group'), dataDir: `${system.folder}/broken` }
  const failures: unknown[] = []
  const start = async () => {
    const platform = await Platform.open(config, (error) => failures.push(error))
    onTestFinished(() => platform.close())
    const { view } = platform.views.open({ ...commitsView, schema: SCHEMA_WITH_ROWS }, [historyStream(0)])
    await platform.views.caughtUp()
    return { platform, rows: () => view.all('SELECT text FROM filler').length }
  }
  const first = await start()
  const rows = first.rows()
  await first.platform.close()
  const file = `${config.dataDir}/group/commits.sqlite`
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xa5, bytes.length >> 1, bytes.length - 8_192))

  const second = await start()
  expect([failures, await second.platform.health.unready()]).toEqual([[], []])
  expect(second.rows).toThrow('malformed')
  expect(failures).toHaveLength(1)
  expect(await second.platform.health.unready()).toEqual(['view commits'])
  await second.platform.close()

  const third = await start()
  expect(third.rows()).toBe(rows)
  expect(await third.platform.metrics.metrics()).toContain('view_rebuilds_total{view="commits",reason="damaged"} 1')
})

test('what is erased from a view leaves its files within half a minute', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const [dataDir, word] = [`${system.folder}/erased`, newId()]
  const { views } = await open({ dataDir })
  const { view } = views.open({ ...commitsView, schema: `${commitsView.schema}; CREATE TABLE said (text TEXT)` }, [])
  const filesWithWord = async () => (await filesWith(dataDir, [word])).length
  view.run('INSERT INTO said VALUES (?)', word)
  view.run('DELETE FROM said')
  expect(await filesWithWord()).toBe(1)
  vi.advanceTimersByTime(30_000)
  await expect.poll(filesWithWord).toBe(0)
})

test('a process follows the streams of its partitions only', async () => {
  const { views } = await open({ partitions: [1] })
  expect([views.historyStreams, views.personalStreams]).toEqual([['HISTORY_1'], ['PERSONAL_1']])
})

test('a closed platform has left the bus; what is registered last closes first, and failures do not stop the rest', async () => {
  const platform = await open()
  const steps: string[] = []
  platform.onClose(async () => void steps.push(`first, bus ${platform.nats.isClosed() ? 'gone' : 'here'}`))
  platform.onClose(() => Promise.reject(new Error('broken')))
  platform.onClose(async () => void steps.push('last'))
  await platform.close()
  expect(steps).toEqual(['last', 'first, bus here'])
  expect(platform.nats.isClosed()).toBe(true)
  await platform.close()
  expect(steps).toHaveLength(2)
})
