import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { PATIENCE_MS } from './libs/testkit/src/patience.js'
import { findChromium } from './tools/test/chromium.mjs'
import LongestFirst from './tools/test/order.mjs'
import { emoji } from './web/build/emoji.js'

// Workspace packages are tested from their sources: nothing has to be built before a unit test.
const conditions = ['beseda-source']
const source = {
  // Specs are in no tsconfig of a project, from which Vite would read this.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] },
  ssr: {
    resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'], externalConditions: conditions },
  },
}
const chromium = playwright({
  launchOptions: {
    executablePath: findChromium() ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  },
})
/**
 * What is polled for comes when the machine comes to it: the second that Vitest waits would be a measure of speed. A test waits several times,
 * and ends what it has not finished: its limit is only for what hangs.
 */
const patient = {
  setupFiles: ['tools/test/properties.ts', 'tools/test/patience.ts'],
  expect: { poll: { timeout: PATIENCE_MS } },
  testTimeout: 4 * PATIENCE_MS,
  hookTimeout: 4 * PATIENCE_MS,
}
const generated = ['**/node_modules/**', '**/dist/**']

/**
 * Several people with pictures in one call keep two processors busy by themselves, an image is built by both, and what is cut or stalled on purpose is judged by time.
 * The others run two at a time.
 */
const ALONE = [
  'calls/calls',
  'calls/calls-cut',
  'calls/calls-effects',
  'calls/mesh',
  'calls/calls-group',
  'calls/calls-screens',
  'calls/calls-broken',
  'calls/captions',
  'calls/large',
  'machines/image',
  'machines/slow-reader',
].map((file) => `e2e/${file}.e2e.ts`)
const e2e = {
  ...patient,
  globalSetup: ['e2e/support/shared-installation.ts'],
  // Dozens of steps, each of which may wait.
  testTimeout: 8 * PATIENCE_MS,
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...source,
        test: {
          ...patient,
          name: 'unit',
          include: ['{proto,libs,services,gateway,web,tools,deploy,docs,loadtests}/**/*.spec.ts'],
          exclude: [...generated, '**/*.int.spec.ts', '**/*.browser.spec.ts'],
          // Modules are evaluated once for each worker, not for each of 270 files: half of the time. Unit tests keep nothing in modules.
          isolate: false,
          // Vitest would leave one processor idle.
          maxWorkers: '100%',
        },
      },
      {
        ...source,
        test: {
          ...patient,
          name: 'int',
          include: ['{libs,services,gateway,tools,deploy}/**/*.int.spec.ts'],
          exclude: generated,
          maxWorkers: 2,
        },
      },
      {
        plugins: [vue(), emoji()],
        resolve: { conditions: [...conditions, 'module', 'browser', 'import', 'default'] },
        test: {
          ...patient,
          name: 'browser',
          include: ['web/**/*.browser.spec.ts'],
          exclude: generated,
          browser: {
            enabled: true,
            headless: true,
            provider: chromium,
            screenshotFailures: false,
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        ...source,
        test: { ...e2e, name: 'e2e', include: ['e2e/**/*.e2e.ts'], exclude: [...generated, ...ALONE], maxWorkers: 2 },
      },
      // After those of several workers: Vitest gives files of a single one the machine at the end.
      { ...source, test: { ...e2e, name: 'e2e-alone', include: ALONE, exclude: generated, maxWorkers: 1 } },
      {
        ...source,
        test: {
          ...patient,
          name: 'deploy',
          include: ['deploy/**/*.deploy.ts'],
          exclude: generated,
          // An image is built twice.
          testTimeout: 20 * PATIENCE_MS,
          hookTimeout: 20 * PATIENCE_MS,
          fileParallelism: false,
        },
      },
      // Not a test: `npm run screenshots` makes the pictures of docs/screenshots with it.
      {
        ...source,
        test: {
          name: 'shots',
          include: ['e2e/**/*.shots.ts'],
          exclude: generated,
          testTimeout: 8 * PATIENCE_MS,
          hookTimeout: 4 * PATIENCE_MS,
          fileParallelism: false,
        },
      },
    ],
  },
})
