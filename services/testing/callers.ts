import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { callSubject, historyStream, historySubject } from '@beseda/proto'
import { type Call, CallChangedSchema, CallService } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { type Person, peopleOf } from './people.js'

/** Somebody who calls, from one device or from others. */
export interface Caller extends Omit<Person, 'id'> {
  readonly userId: string
  readonly deviceId: string
  readonly calls: ReturnType<typeof callsOf>
  on(deviceId: string): ReturnType<typeof callsOf>
}

const callsOf = (system: TestSystem, userId: string, deviceId: string) =>
  system.client(CallService, { userId, deviceId })

/** People who call each other, and what is seen of their calls. */
export function callersOf(system: () => TestSystem) {
  const { person: register, group } = peopleOf(system)

  async function person(): Promise<Caller> {
    const { id: userId, ...services } = await register()
    const deviceId = newId()
    const on = (device: string) => callsOf(system(), userId, device)
    return { ...services, userId, deviceId, on, calls: on(deviceId) }
  }

  const people = (n: number) => Promise.all(Array.from({ length: n }, person))

  const groupOf = (owner: Caller, others: readonly Caller[], kind = GroupKind.GROUP) =>
    group(
      { ...owner, id: owner.userId },
      others.map((other) => ({ ...other, id: other.userId })),
      kind,
    )

  async function pair() {
    const [ann, bob] = [await person(), await person()]
    return { ann, bob, groupId: await groupOf(ann, [bob], GroupKind.DIRECT) }
  }

  /** The pictures of a group's call, one after another, as every member's devices get them. */
  async function pictures(groupId: string) {
    const { edge } = system()
    const messages = edge.subscribe(callSubject(groupId))[Symbol.asyncIterator]()
    await edge.flush()
    const next = async (): Promise<Call> => {
      const { call } = fromBinary(CallChangedSchema, (await messages.next()).value.data)
      if (!call) throw new Error('a change of no call')
      return call
    }
    const until = async (is: (call: Call) => boolean): Promise<Call> => {
      for (;;) {
        const call = await next()
        if (is(call)) return call
      }
    }
    return { next, until }
  }

  /** The kinds of events in the lane of a group's calls. */
  async function history(groupId: string): Promise<(string | undefined)[]> {
    const store = await JetStreamEventStore.open(system().edge)
    const partition = partitionOf(groupId, 2)
    const filter = historySubject(partition, groupId, 'calls')
    const commits = await store.read(historyStream(partition), { afterSeq: 0, filter, limit: 100 })
    return commits.flatMap(({ commit }) => commit.events.map(({ body }) => body.case))
  }

  return { person, people, groupOf, pair, pictures, history }
}
