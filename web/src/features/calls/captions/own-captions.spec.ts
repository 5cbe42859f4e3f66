import { expect, test, vi } from 'vitest'
import type { EngineEvents } from './engines/port.js'
import { OwnCaptions } from './own-captions.js'

function bench() {
  const opened: { language: string; events: EngineEvents; isOpen: boolean }[] = []
  const engine = {
    kind: 'server' as const,
    open: async (_: MediaStreamTrack, language: string, events: EngineEvents) => {
      if (language === 'xx') throw new Error('no such language')
      const one = { language, events, isOpen: true }
      opened.push(one)
      return {
        close: () => {
          one.isOpen = false
        },
      }
    },
  }
  const parts = { say: vi.fn(), onFailed: vi.fn() }
  const track = {} as MediaStreamTrack
  return { own: new OwnCaptions(parts), opened, engine, track, parts }
}
const settled = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

test('an engine listens while it is wanted; another microphone or language opens it anew', async () => {
  const { own, opened, engine, track, parts } = bench()
  own.follow({ engine, track, language: 'en' })
  own.follow({ engine, track, language: 'en' })
  await settled()
  expect(opened.map(({ isOpen }) => isOpen)).toEqual([true])
  opened[0]?.events.onText('hello')
  expect(parts.say).toHaveBeenCalledWith({ text: 'hello', language: 'en' })
  own.follow({ engine, track: {} as MediaStreamTrack, language: 'ru' })
  await settled()
  expect(opened.map(({ isOpen, language }) => `${language} ${isOpen}`)).toEqual(['en false', 'ru true'])
  own.close()
  await settled()
  expect([opened[1]?.isOpen, own.listening.value]).toEqual([false, false])
  opened[1]?.events.onText('late')
  expect(parts.say).toHaveBeenCalledTimes(1)
})

test('what was wanted only for a moment is never opened', async () => {
  const { own, opened, engine, track } = bench()
  own.follow({ engine, track, language: 'en' })
  own.follow(undefined)
  await settled()
  expect(opened.some(({ isOpen }) => isOpen)).toBe(false)
})

test('an engine that cannot begin, or fails, is told once', async () => {
  const { own, opened, engine, track, parts } = bench()
  own.follow({ engine, track, language: 'xx' })
  await settled()
  expect([parts.onFailed.mock.calls.length, own.listening.value]).toEqual([1, false])
  own.follow({ engine, track, language: 'en' })
  await settled()
  opened[0]?.events.onFailed(new Error('gone'))
  expect([parts.onFailed.mock.calls.length, own.listening.value]).toEqual([2, false])
})
