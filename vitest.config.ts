import vue from '@vitejs/plugin-vue'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
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
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
 * End-to-end tests that have the machine to themselves: they measure time, encode the video of several people, or keep many processes busy.
 * The others run two at a time, which keeps two cores busy.
 */
const ALONE = ['calls', 'calls-broken', 'calls-group', 'calls-screens', 'chaos', 'mesh', 'slow-reader']
/** What is polled for comes when the machine comes to it: the second that vitest waits would be a measure of speed. */
const patient = { poll: { timeout: 15_000 } }
const generated = ['**/node_modules/**', '**/dist/**']

const e2e = (name: string, { files = ['*'], but = [] as string[], maxWorkers = 1 }) => ({
  ...source,
  test: {
    name,
    include: files.map((file) => `e2e/**/${file}.e2e.ts`),
    exclude: [...generated, ...but.map((file) => `e2e/**/${file}.e2e.ts`)],
    globalSetup: ['e2e/support/shared-installation.ts'],
    expect: patient,
    testTimeout: 180_000,
    hookTimeout: 240_000,
    maxWorkers,
    fileParallelism: maxWorkers > 1,
  },
})

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          expect: patient,
          include: ['{proto,libs,services,gateway,web,tools,deploy,docs,loadtests}/**/*.spec.ts'],
          exclude: [...generated, '**/*.int.spec.ts', '**/*.browser.spec.ts'],
          // Modules are evaluated once for each worker, not for each of 270 files: half of the time. Unit tests keep nothing in modules.
          isolate: false,
          // Properties try hundreds of cases: on a busy machine that takes its time.
          testTimeout: 30_000,
        },
      },
      {
        ...source,
        test: {
          name: 'int',
          expect: patient,
          include: ['{libs,services,gateway,tools,deploy}/**/*.int.spec.ts'],
          exclude: generated,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        plugins: [vue(), emoji()],
        resolve: { conditions: [...conditions, 'module', 'browser', 'import', 'default'] },
        test: {
          name: 'browser',
          expect: patient,
          // Peer connections of four people, one after another.
          testTimeout: 60_000,
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
      e2e('e2e', {}),
      // `npm test` runs these two in its place.
      e2e('e2e-together', { but: ALONE, maxWorkers: 2 }),
      e2e('e2e-alone', { files: ALONE }),
      // Not a test: `npm run screenshots` makes the pictures of docs/screenshots with it.
      {
        ...source,
        test: {
          name: 'shots',
          include: ['e2e/**/*.shots.ts'],
          exclude: generated,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
