import { Person, startCoturn, type TestTurn } from '@beseda/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import type { Caller } from '../support/caller.js'
import { Choir, connected, groupOf, linksThatCarrySound } from '../support/choir.js'

/** Calls through relays only, with the credentials that the call service makes; two TURN servers. */
let turns: TestTurn[] = []
let choir: Choir
beforeAll(async () => {
  turns = [await startCoturn(), await startCoturn()]
  const plain = turns.flatMap(({ port }) => ['udp', 'tcp'].map((way) => `turn:127.0.0.1:${port}?transport=${way}`))
  const urls = [...plain, `turns:127.0.0.1:${turns[0]!.tlsPort}?transport=tcp`]
  choir = await Choir.start({ TURN_URLS: urls.join(','), TURN_SECRET: turns[0]!.secret, CALLS_RELAY_ONLY: 'true' })
})
afterEach(() => choir.disperse())
afterAll(async () => {
  await choir?.stop()
  await Promise.all(turns.map((turn) => turn.stop()))
})

async function callThroughRelays(reaches: (url: string) => boolean): Promise<[Caller, Caller]> {
  const pair = (await choir.people(2, { relayOnly: true, reaches })) as [Caller, Caller]
  const groupId = await groupOf(pair)
  await pair[1].join(groupId, await pair[0].start(groupId))
  await expect.poll(() => connected(pair), { interval: 50 }).toBe(2)
  return pair
}

test.each(['udp', 'tcp'])('with every direct path closed people talk through a relay, reached over %s', async (way) => {
  const pair = await callThroughRelays((url) => url.startsWith('turn:') && url.endsWith(way))
  expect(await linksThatCarrySound(pair)).toBe(2)
  const [ann, bob] = pair
  expect(await ann.pathTo(bob)).toMatchObject({ kind: 'relay', transport: way })
  expect(await bob.pathTo(ann)).toMatchObject({ kind: 'relay', transport: way })
})

test('the relay in use is killed: the call moves to the other one by itself', async () => {
  const pair = await callThroughRelays((url) => url.endsWith('udp'))
  const [ann, bob] = pair
  for (const { voice } of pair) voice.speak()
  await expect.poll(() => ann.hears(bob) && bob.hears(ann)).toBe(true)
  const { url } = (await ann.pathTo(bob)) ?? { url: '' }
  const used = turns.find(({ port }) => url.includes(`:${port}?`))
  expect(used).toBeDefined()
  await used!.process.kill()
  const began = performance.now()
  await expect.poll(async () => (await ann.pathTo(bob))?.url, { interval: 200 }).not.toBe(url)
  const heardSince = (one: Caller, other: Caller) => (one.listenTo(other)?.heardAt ?? 0) > performance.now() - 200
  await expect.poll(() => heardSince(ann, bob) && heardSince(bob, ann), { interval: 50 }).toBe(true)
  process.stdout.write(`heard again ${Math.round(performance.now() - began)} ms after the relay was killed\n`)
  await used!.process.start()
})

test('two connections that can only use TLS find each other', async () => {
  const { iceServers } = await (await Person.register(choir.beseda.url)).calls.getIceServers({})
  const overTls = iceServers.filter(({ urls }) => urls.every((url) => url.startsWith('turns:')))
  expect(overTls).toHaveLength(1)
  // The test makes its own certificate.
  const browser = await launchBrowser({ args: ['--ignore-certificate-errors'] })
  try {
    const page = await browser.newPage()
    const way = await page.evaluate(
      async (servers) => {
        const [one, other] = [0, 0].map(
          () => new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: 'relay' }),
        ) as [RTCPeerConnection, RTCPeerConnection]
        one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined)
        other.onicecandidate = ({ candidate }) => void one.addIceCandidate(candidate ?? undefined)
        const open = new Promise((resolve) => {
          one.createDataChannel('words').onopen = resolve
        })
        await one.setLocalDescription()
        await other.setRemoteDescription(one.localDescription!)
        await other.setLocalDescription()
        await one.setRemoteDescription(other.localDescription!)
        await open
        const stats = [...(await one.getStats()).values()]
        return stats
          .filter(({ type }) => type === 'local-candidate')
          .map(({ relayProtocol }) => relayProtocol as string)
      },
      overTls.map(({ urls, username, credential }) => ({ urls: [...urls], username, credential })),
    )
    expect(new Set(way)).toEqual(new Set(['tls']))
  } finally {
    await browser.close()
  }
})
