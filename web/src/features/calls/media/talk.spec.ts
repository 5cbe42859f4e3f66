import { expect, test } from 'vitest'
import type { Clock } from '../../../time/clock.js'
import { Talk, type TalkSettings } from './talk.js'

function room(settings: TalkSettings) {
  let now = 0
  let work: (() => void) | undefined
  let at = 0
  const clock: Clock = {
    now: () => now,
    after: (ms, later) => {
      at = now + ms
      work = later
      return () => {
        work = undefined
      }
    },
  }
  const pass = (ms: number) => {
    now += ms
    if (work && now >= at) work()
  }
  const opened: boolean[] = []
  return {
    talk: new Talk(
      clock,
      () => settings,
      (open) => opened.push(open),
    ),
    opened,
    pass,
  }
}

test('the button mutes; holding the key unmutes for that time', () => {
  const { talk } = room({ pushToTalk: false, releaseMs: 0 })
  expect(talk.open).toBe(true)
  talk.set(false)
  expect(talk.open).toBe(false)
  talk.hold(true)
  expect(talk.open).toBe(true)
  talk.hold(false)
  expect(talk.open).toBe(false)
})

test('with push-to-talk only the held key opens the microphone, with a short tail', () => {
  const { talk, pass } = room({ pushToTalk: true, releaseMs: 200 })
  expect(talk.open).toBe(false)
  talk.hold(true)
  expect(talk.open).toBe(true)
  talk.hold(false)
  pass(100)
  expect(talk.open).toBe(true)
  pass(100)
  expect(talk.open).toBe(false)
})

test('a key that is pressed again at once does not cut the sound', () => {
  const { talk, pass, opened } = room({ pushToTalk: true, releaseMs: 200 })
  talk.hold(true)
  talk.hold(false)
  pass(100)
  talk.hold(true)
  pass(500)
  expect(talk.open).toBe(true)
  expect(opened).not.toContain(false)
})

test('a muted microphone stays muted while the key is held', () => {
  const { talk } = room({ pushToTalk: true, releaseMs: 0 })
  talk.set(false)
  talk.hold(true)
  expect(talk.open).toBe(false)
})
