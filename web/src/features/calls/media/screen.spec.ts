import { expect, test } from 'vitest'
import { screenOptions } from './screen.js'

test('shared sound never holds the voices of the call: the browser leaves them out, or shares no system sound', () => {
  expect(screenOptions({ restrictOwnAudio: true })).toMatchObject({
    audio: { restrictOwnAudio: true },
    systemAudio: 'include',
    selfBrowserSurface: 'exclude',
  })
  const older = screenOptions({})
  expect(older).toMatchObject({ systemAudio: 'exclude', selfBrowserSurface: 'exclude' })
  expect(older.audio).not.toHaveProperty('restrictOwnAudio')
})
