import { BACKWARDS, END, EventStoreDBClient, FORWARDS, type ReadStreamOptions, START } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventStoreStandIn } from '../../testing/eventstore-stand-in.js'
import { type SinkUnderTest, sinkContract } from '../../testing/sink-contract.js'
import { groupStream, messageStream } from './eventstore-events.js'
import { EventStoreSinks } from './eventstore-sinks.js'

const epochOf = () => 'epoch'

describe('the official client and a stand-in for the server, which is no EventStoreDB', () => {
  let standIn: EventStoreStandIn
  beforeAll(async () => {
    standIn = await EventStoreStandIn.start()
  })
  afterAll(() => standIn?.stop())
  const textOf = (groupId: string, messageId: string) => {
    const last = standIn.streams.get(messageStream(groupId, messageId))?.at(-1)
    if (!last) return undefined
    const { messagePosted, messageEdited } = (JSON.parse(last.data) as Data).event
    return (messageEdited ?? messagePosted)?.text
  }

  sinkContract(
    (): SinkUnderTest => ({
      sinks: new EventStoreSinks(standIn.url, epochOf),
      ids: async (groupId) =>
        (standIn.streams.get(groupStream(groupId)) ?? []).map(({ metadata }) => placeOf(JSON.parse(metadata))),
      text: async (groupId, messageId) => textOf(groupId, messageId),
    }),
  )

  test('what messages say is in no stream but their own', () => {
    const groups = [...standIn.streams].filter(([name]) => name.startsWith('group-'))
    expect(groups.length).toBeGreaterThan(0)
    for (const [, events] of groups) for (const { data } of events) expect(data).not.toMatch(/first|second|secret/)
  })
})

const url = process.env.EVENTSTORE_URL
if (!url) process.stdout.write('the export to a real EventStoreDB is not tested: EVENTSTORE_URL is not set\n')
describe.skipIf(!url)('a real EventStoreDB', () => {
  const client = url ? EventStoreDBClient.connectionString(url) : undefined
  afterAll(() => client?.dispose())
  async function read(stream: string, backwards = false) {
    const found: { data: unknown; metadata: unknown }[] = []
    const options: ReadStreamOptions = backwards
      ? { direction: BACKWARDS, fromRevision: END, maxCount: 1 }
      : { direction: FORWARDS, fromRevision: START }
    try {
      for await (const { event } of client?.readStream(stream, options) ?? []) if (event) found.push(event)
    } catch {
      // Not found, or tombstoned: nothing is in it.
      return []
    }
    return found
  }
  sinkContract(
    (): SinkUnderTest => ({
      sinks: new EventStoreSinks(url ?? '', epochOf),
      ids: async (groupId) => (await read(groupStream(groupId))).map(({ metadata }) => placeOf(metadata as Metadata)),
      text: async (groupId, messageId) => {
        const [last] = await read(messageStream(groupId, messageId), true)
        const { messagePosted, messageEdited } = (last?.data as Data | undefined)?.event ?? {}
        return (messageEdited ?? messagePosted)?.text
      },
    }),
  )
})

interface Data {
  readonly event: {
    readonly messagePosted?: { readonly text?: string }
    readonly messageEdited?: { readonly text?: string }
  }
}
interface Metadata {
  readonly seq: number
  readonly index: number
}
const placeOf = ({ seq, index }: Metadata): string => `${seq}/${index}`
