import { afterEach, expect, test } from 'vitest'
import { localStore } from './browser.js'

const descriptor = Object.getOwnPropertyDescriptor(window, 'localStorage')
const forbid = () =>
  Object.defineProperty(window, 'localStorage', {
    configurable: true,
    get() {
      throw new DOMException('Access is denied for this document.', 'SecurityError')
    },
  })
const allow = () => descriptor && Object.defineProperty(window, 'localStorage', descriptor)
afterEach(() => {
  allow()
  localStorage.clear()
})

test('what is put where storage is forbidden lasts as long as the page', () => {
  forbid()
  expect(localStore.getItem('a')).toBeNull()
  localStore.setItem('a', '1')
  expect(localStore.getItem('a')).toBe('1')
  localStore.removeItem('a')
  expect(localStore.getItem('a')).toBeNull()
})

test('where it is allowed, it is the browser’s own', () => {
  localStore.setItem('a', '1')
  expect(localStorage.getItem('a')).toBe('1')
  localStore.removeItem('a')
  expect(localStorage.getItem('a')).toBeNull()
})
