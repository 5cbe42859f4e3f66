import { startNats } from '@beseda/testkit'
import { jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import { expect, onTestFinished, test } from 'vitest'
import { makeMirrors } from './mirrors.mjs'

async function source() {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  const connection = await nats.connect()
  onTestFinished(() => connection.close())
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: 'SOURCE', subjects: ['source.>'] })
  for (let n = 0; n < 3; n++) await jetstream(connection).publish(`source.${n}`)
  return manager
}
const copy = { name: 'COPY', mirror: { name: 'SOURCE' } }

test('a mirror that stands still is made anew', async () => {
  const manager = await source()
  const made: string[] = []
  // The first one follows subjects that nobody writes to, as one that hangs.
  const add = (config: Partial<StreamConfig> & { name: string }) => {
    made.push(config.name)
    const hangs = made.length === 1 && { mirror: { name: 'SOURCE', filter_subject: 'source.none' } }
    return manager.streams.add({ ...config, ...hangs })
  }
  const streams = new Proxy(manager.streams, {
    get: (all, name) => (name === 'add' ? add : Reflect.get(all, name).bind(all)),
  })
  await makeMirrors({ ...manager, streams } as typeof manager, [copy], 3, 500)
  expect(made).toEqual(['COPY', 'COPY'])
  expect((await manager.streams.info('COPY')).state.messages).toBe(3)
})

test('where that does not help, one sentence says what is missing', async () => {
  const manager = await source()
  await expect(makeMirrors(manager, [copy], 4, 200)).rejects.toThrow('COPY got 3 messages instead of 4')
})
