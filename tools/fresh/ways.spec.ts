import { expect, test } from 'vitest'
import { plainEnvironment } from './ways.mjs'

test('the environment of a fresh clone has no trace of the npm and the Node that run the test', () => {
  const env = {
    HOME: '/home/ann',
    PATH: '/r/node_modules/.bin:/x/node-gyp-bin:/usr/bin:/bin',
    NODE: '/r/node_modules/.bin/node',
    NODE_ENV: 'test',
    npm_config_omit: 'dev',
    npm_execpath: '/x/npm-cli.js',
    INIT_CWD: '/r',
    VITEST: 'true',
    LANG: undefined,
  }
  expect(plainEnvironment(env, '/r')).toEqual({ HOME: '/home/ann', PATH: '/usr/bin:/bin' })
})
