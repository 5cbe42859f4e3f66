import { expect, test } from 'vitest'
import { shallowRef } from 'vue'
import type { ActiveCall } from '../active-call.js'
import { Asides } from '../engine/asides.js'
import { CallCaptions } from './call-captions.js'

test('whoever hangs up while they keep a transcript has it posted', async () => {
  const posted: unknown[] = []
  const active = {
    me: { userId: 'ann', deviceId: 'laptop' },
    call: { groupId: 'g' },
    asides: new Asides(() => undefined),
    snapshot: shallowRef({ people: [] }),
    microphone: null,
    token: '',
  } as unknown as ActiveCall
  const captions = new CallCaptions(active, {
    post: async (groupId, lines) => void posted.push([groupId, lines.map(({ text }) => text)]),
    // A headless shell ends the page that asks whether it has a recogniser.
    ownEngine: async () => undefined,
  })
  captions.transcript.begin()
  captions.exchange.setWants(false)
  captions.exchange.say({ text: 'hello', language: 'en' })
  captions.close()
  captions.close()
  expect(posted).toEqual([['g', ['hello']]])
})
