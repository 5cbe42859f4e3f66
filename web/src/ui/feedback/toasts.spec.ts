import { beforeEach, expect, test } from 'vitest'
import { dismissToast, toast, toasts } from './toasts.js'

beforeEach(() => {
  toasts.value = []
})
const texts = () => toasts.value.map(({ text }) => text)

test('a toast is said, and can be taken back', () => {
  const takeBack = toast('Saved')
  toast('Copied')
  expect(texts()).toEqual(['Saved', 'Copied'])
  takeBack()
  expect(texts()).toEqual(['Copied'])
})

test('one with something to press stays longer', () => {
  toast('Deleted', { action: { text: 'Undo', run: () => undefined } })
  toast('Saved')
  const [withAction, plain] = toasts.value
  expect(withAction!.ms).toBeGreaterThan(plain!.ms)
})

test('the oldest gives way when there are too many', () => {
  for (const text of ['1', '2', '3', '4']) toast(text)
  expect(texts()).toEqual(['2', '3', '4'])
})

test('dismissing one that is gone changes nothing', () => {
  toast('Saved')
  dismissToast(-1)
  expect(texts()).toEqual(['Saved'])
})
