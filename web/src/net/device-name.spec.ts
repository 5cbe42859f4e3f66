import { expect, test } from 'vitest'
import { nameOfDevice } from './device-name.js'

const KHTML = '(KHTML, like Gecko)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${KHTML} Chrome/131.0.0.0 Safari/537.36`
const X11 = 'Mozilla/5.0 (X11; Linux x86_64)'
const ANDROID = `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 ${KHTML}`

test.each([
  ['Chrome on Windows', WINDOWS, ['Google Chrome', 'Chromium']],
  ['Edge on Windows', `${WINDOWS} Edg/131.0.0.0`, ['Microsoft Edge', 'Chromium']],
  ['Opera on Windows', `${WINDOWS} OPR/116.0.0.0`, ['Opera', 'Chromium']],
  ['Vivaldi on Windows', WINDOWS, ['Vivaldi', 'Chromium']],
  ['Vivaldi on Windows', `${WINDOWS} Vivaldi/7.0`, []],
  ['Brave on Windows', WINDOWS, ['Brave', 'Chromium']],
  ['Yandex Browser on Windows', `${WINDOWS} YaBrowser/24.10`, ['YaBrowser', 'Chromium']],
  ['Chromium on Linux', `${X11} AppleWebKit/537.36 ${KHTML} Chrome/131.0.0.0 Safari/537.36`, ['Chromium']],
  ['Chrome on Linux', `${X11} AppleWebKit/537.36 ${KHTML} HeadlessChrome/131.0.0.0 Safari/537.36`, []],
  [
    'Chrome on ChromeOS',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 ${KHTML} Chrome/131.0.0.0 Safari/537.36`,
    ['Google Chrome'],
  ],
  ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', []],
  ['Firefox on Android', 'Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0', []],
  ['Safari on macOS', `${MAC} AppleWebKit/605.1.15 ${KHTML} Version/18.1 Safari/605.1.15`, []],
  ['Epiphany on Linux', `${X11} AppleWebKit/605.1.15 ${KHTML} Version/17.0 Safari/605.1.15 Epiphany/605.1.15`, []],
  ['WebKitGTK on Linux', `${X11} AppleWebKit/605.1.15 ${KHTML} Version/18.0 Safari/605.1.15`, []],
  [
    'Safari on iPhone',
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 ${KHTML} Version/18.1 Mobile/15E148 Safari/604.1`,
    [],
  ],
  [
    'Chrome on iPhone',
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 ${KHTML} CriOS/131.0 Mobile/15E148 Safari/604.1`,
    [],
  ],
  [
    'Samsung Internet on SM-S918B',
    `Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 ${KHTML} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
    [],
  ],
  ['Samsung Internet on Android', `${ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`, []],
  ['Chrome on Android', `${ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36`, ['Google Chrome']],
  [
    'Edge on Pixel 8',
    `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UP1A) AppleWebKit/537.36 ${KHTML} Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0`,
    [],
  ],
  ['Browser', '', []],
])('%s', (name, userAgent, brands) => {
  expect(nameOfDevice({ userAgent, brands, model: '', touchPoints: 0 })).toBe(name)
})

test('the model that a browser tells apart from its user agent', () => {
  const userAgent = `${ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36`
  const signs = { userAgent, brands: ['Google Chrome'], model: 'Pixel 9 Pro', touchPoints: 5 }
  expect(nameOfDevice(signs)).toBe('Chrome on Pixel 9 Pro')
})

test('an iPad that says it is a Mac', () => {
  const userAgent = `${MAC} AppleWebKit/605.1.15 ${KHTML} Version/18.1 Safari/605.1.15`
  expect(nameOfDevice({ userAgent, brands: [], model: '', touchPoints: 5 })).toBe('Safari on iPad')
})
