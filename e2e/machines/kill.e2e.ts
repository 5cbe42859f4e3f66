import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { errorInfo } from '@beseda/rpc'
import { apiClient, Device, Installation, PATIENCE_MS, Person, PROCESSES, reasonOf } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** `kill -9` of any one process during a conversation neither loses nor duplicates a message. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const MESSAGES = 60

/** Posts until the server accepts, as a client does, with the same message id every time. */
async function sayUntilHeard(author: Person, groupId: string, text: string, turn: number): Promise<void> {
  const request = { messageId: newId(), groupId, text }
  for (let attempt = turn; ; attempt++) {
    const url = attempt % 2 === 0 ? beseda.url : beseda.url2
    const call = apiClient(GroupService, url, author.tokens.accessToken).postMessage(request)
    const outcome = await reasonOf(call).catch(() => 'UNAVAILABLE')
    if (outcome === 'accepted') return
    if (!['UNAVAILABLE', 'RATE_LIMITED', 'CONTENTION'].includes(outcome)) throw new Error(`${text}: ${outcome}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Somebody new. What was killed before may keep a request from its answer once more. */
async function newcomer(name: string): Promise<Person> {
  for (;;) {
    try {
      return await Person.register(beseda.url, name)
    } catch (error) {
      if (errorInfo(error)?.reason !== ErrorReason.UNAVAILABLE) throw error
    }
  }
}

/** A listener that reconnects to the other gateway whenever its connection ends. */
function listen(person: Person) {
  let device: Device | undefined
  let stopped = false
  let connected: () => void = () => undefined
  const listening = new Promise<void>((resolve) => {
    connected = resolve
  })
  const complaints: string[] = []
  const running = (async () => {
    for (let turn = 0; !stopped; turn++) {
      const url = turn % 2 === 0 ? beseda.url : beseda.url2
      const next = await Device.connect(url, person.tokens.accessToken, device).catch(() => undefined)
      if (!next) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        continue
      }
      device = next
      connected()
      await device.closed
      complaints.push(...device.complaints)
    }
  })()
  return {
    listening,
    async hears(groupId: string, count: number): Promise<readonly string[]> {
      const deadline = Date.now() + PATIENCE_MS
      for (;;) {
        const texts = device?.texts.get(groupId) ?? []
        if (texts.length >= count) return texts
        if (Date.now() > deadline) throw new Error(`heard ${texts.length} of ${count}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async stop(): Promise<readonly string[]> {
      stopped = true
      device?.close()
      await running
      return [...complaints, ...(device?.complaints ?? [])]
    },
  }
}

test.each(PROCESSES)('%s', async (name) => {
  await beseda.ready()
  const [ann, bob] = [await newcomer('Ann'), await newcomer('Bob')]
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name, memberIds: [bob.userId] }
  const groupId = (await ann.groups.createGroup(creation)).group!.id
  const listener = listen(bob)
  await listener.listening
  const texts = Array.from({ length: MESSAGES }, (_, i) => `${name} ${i}`)
  let killed: Promise<void> = Promise.resolve()
  for (const [i, text] of texts.entries()) {
    if (i === MESSAGES / 3) killed = beseda.kill(name)
    await sayUntilHeard(i % 2 === 0 ? ann : bob, groupId, text, i)
  }
  await killed
  expect(await listener.hears(groupId, MESSAGES)).toEqual(texts)
  const { messages } = await apiClient(GroupService, beseda.url2, ann.tokens.accessToken).listMessages({
    groupId,
    limit: 200,
  })
  expect(messages.map(({ text }) => text)).toEqual(texts)
  expect(await listener.stop()).toEqual([])
})
