import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Installation } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const document = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
const missing = ['curl', 'jq'].filter((name) => !existsSync(`/usr/bin/${name}`))

describe('docs/api.md', () => {
  let beseda: Installation
  beforeAll(async () => {
    if (missing.length === 0) beseda = await Installation.start()
  })
  afterAll(() => beseda?.stop())

  test('its examples run in order, and none is refused', async (context) => {
    context.skip(missing.length > 0, `not installed: ${missing.join(' and ')}`)
    const blocks = [...document.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
    expect(blocks.length).toBeGreaterThan(20)
    const script = ['set -euo pipefail', ...blocks]
      .join('\n')
      .replaceAll('http://127.0.0.1:8080', beseda.url)
      .replace('curl -sS', 'curl -sS --fail-with-body')
    const env = { ...process.env, FOUNDER_CODE: await beseda.founderCode() }
    await run('/bin/bash', ['-c', script], { env }).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`${stderr}\n${stdout.slice(-1_500)}`)
    })
  })
})
