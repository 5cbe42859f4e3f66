import { expect, test } from 'vitest'
import { shallowRef } from 'vue'
import { TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'
import type { ActiveCall } from '../active-call.js'
import { Asides } from '../engine/asides.js'
import { CallCaptions } from './call-captions.js'
import { postLeft } from './left-transcripts.js'
import { transcriptStore } from './transcript-store.js'

function bench(fails = false) {
  const active = {
    me: { userId: 'ann', deviceId: 'laptop' },
    call: { groupId: 'g' },
    asides: new Asides(() => undefined),
    snapshot: shallowRef({ people: [] }),
    microphone: null,
    token: '',
  } as unknown as ActiveCall
  const posted: unknown[] = []
  const captions = new CallCaptions(active, {
    post: async (groupId, lines) => {
      if (fails) throw new Error('signed out')
      posted.push([groupId, lines.map(({ text }) => text)])
    },
    // A headless shell ends the page that asks whether it has a recogniser.
    ownEngine: async () => undefined,
  })
  return { captions, posted, say: (text: string) => captions.exchange.say({ text, language: 'en' }) }
}

test('whoever hangs up while they keep a transcript has it posted', () => {
  const { captions, posted, say } = bench()
  captions.transcript.begin()
  captions.exchange.setWants(false)
  say('hello')
  captions.close()
  captions.close()
  expect(posted).toEqual([['g', ['hello']]])
})

test('one that cannot be posted, as the session has ended, stays on the device for its keeper', async () => {
  const { captions, say } = bench(true)
  captions.transcript.begin()
  say('late')
  captions.close()
  await expect.poll(keptHere).toContainEqual(['ann', 'late'])
  const found: unknown[] = []
  await expect
    .poll(async () => {
      await postLeft(
        Date.now(),
        'ann',
        async (groupId, lines) => void found.push([groupId, lines.map(({ text }) => text)]),
      )
      return found
    })
    .toEqual([['g', ['late']]])
})

test('storage that hangs keeps no transcript from being posted, nor the next one', async () => {
  await transcriptStore.transcripts()
  // A frozen page lets go of nothing, and what is opened after the deletion waits for it.
  const frozen = await openedRaw()
  const deleted = new Promise((resolve) => {
    indexedDB.deleteDatabase(TRANSCRIPTS_DATABASE).onsuccess = resolve
  })
  const { captions, posted, say } = bench()
  for (const text of ['one', 'two']) {
    captions.transcript.begin()
    say(text)
    await captions.transcript.end()
  }
  expect([posted, captions.transcript.exists]).toEqual([
    [
      ['g', ['one']],
      ['g', ['two']],
    ],
    false,
  ])
  captions.close()
  frozen.close()
  await deleted
})

const openedRaw = () =>
  new Promise<IDBDatabase>((resolve) => {
    const opening = indexedDB.open(TRANSCRIPTS_DATABASE)
    opening.onsuccess = () => resolve(opening.result)
  })

async function keptHere() {
  const lines = await Promise.all((await transcriptStore.transcripts()).map((id) => transcriptStore.of(id)))
  return lines.flat().map(({ keptBy, text }) => [keptBy, text])
}
