import { beforeEach, expect, test } from 'vitest'
import { dismissToast, dismissToastsAbout, toast, toasts } from './toasts.js'

beforeEach(() => {
  toasts.value = []
})
const texts = () => toasts.value.map(({ text }) => text)

test('a toast is shown, and can be removed', () => {
  const takeBack = toast('Saved')
  toast('Copied')
  expect(texts()).toEqual(['Saved', 'Copied'])
  takeBack()
  expect(texts()).toEqual(['Copied'])
})

test('one with an action stays longer', () => {
  toast('Deleted', { action: { text: 'Undo', run: () => undefined } })
  toast('Saved')
  const [withAction, plain] = toasts.value
  expect(withAction!.ms).toBeGreaterThan(plain!.ms)
})

test('the oldest is removed when there are too many', () => {
  for (const text of ['1', '2', '3', '4']) toast(text)
  expect(texts()).toEqual(['2', '3', '4'])
})

test('a newer one about the same thing replaces the older', () => {
  toast('Hi', { about: 'a conversation' })
  const takeOther = toast('Copied')
  const takeNewest = toast('Hi again', { about: 'a conversation' })
  expect(texts()).toEqual(['Copied', 'Hi again'])
  dismissToastsAbout('another')
  takeOther()
  expect(texts()).toEqual(['Hi again'])
  dismissToastsAbout('a conversation')
  takeNewest()
  expect(texts()).toEqual([])
})

test('dismissing a removed toast changes nothing', () => {
  toast('Saved')
  dismissToast(-1)
  expect(texts()).toEqual(['Saved'])
})
