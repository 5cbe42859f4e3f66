import { describe, expect, it } from 'vitest'
import { Advice } from '../lib/root.mjs'
import { parseStartArgs } from './args.mjs'

describe('parseStartArgs', () => {
  it('the defaults expose nothing to the network', () => {
    expect(parseStartArgs([])).toEqual({
      port: 8080,
      host: '127.0.0.1',
      demo: false,
      data: undefined,
      inspect: [],
      reset: false,
      help: false,
    })
  })

  it('reads every option', () => {
    const argv = ['--port', '9000', '--host=0.0.0.0', '--demo', '--reset', '--data=/srv/beseda', '-h']
    expect(parseStartArgs(argv)).toEqual({
      port: 9000,
      host: '0.0.0.0',
      demo: true,
      data: '/srv/beseda',
      inspect: [],
      reset: true,
      help: true,
    })
  })

  it.each(['0', '65536', '-1', '80.5', 'http', ''])('refuses port "%s" with a sentence', (port) => {
    expect(() => parseStartArgs([`--port=${port}`])).toThrow(Advice)
    expect(() => parseStartArgs([`--port=${port}`])).toThrow('whole number from 1 to 65535')
  })

  it.each([['--prot', '1'], ['--port'], ['stray'], ['--demo=yes'], ['--data']])(
    'refuses %s and says what there is',
    (...argv) => {
      expect(() => parseStartArgs(argv)).toThrow(/--reset/)
    },
  )
})

it('does not take an empty name for the folder of this checkout', () => {
  expect(() => parseStartArgs(['--data='])).toThrow(/path of a folder/)
})

it('lets debuggers attach to our own processes', () => {
  expect(parseStartArgs(['--inspect', 'group', '--inspect=gateway']).inspect).toEqual(['group', 'gateway'])
  expect(() => parseStartArgs(['--inspect', 'nats'])).toThrow(
    /^--inspect takes identity, group, .*gateway, not "nats"\.$/,
  )
})
