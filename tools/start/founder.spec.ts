import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InstallationSecret, founderCodeOf as identityHas } from '@beseda/platform'
import { expect, onTestFinished, test } from 'vitest'
import { founderCodeOf, foundingUrl } from './founder.mjs'

test('the launcher prints the code that identity expects', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'beseda-founder-')), 'secret.hex')
  writeFileSync(file, `${'5e'.repeat(32)}\n`)
  expect(await founderCodeOf(file)).toBe(identityHas(InstallationSecret.read(file)))
})

/** Answers one request after another, the last answer again and again. */
async function answering(...answers: readonly (readonly [status: number, body: object])[]) {
  let asked = 0
  const server = createServer((_, response) => {
    const [status, body] = answers[Math.min(asked++, answers.length - 1)]!
    response.writeHead(status).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => asked }
}

test('who starts an installation without an account gets the address that makes it, also when the first answers are refusals', async () => {
  const refusal = [503, { code: 'unavailable' }] as const
  const { url, count } = await answering(refusal, refusal, [200, { founderWanted: true }])
  expect(await foundingUrl(url, 'code', 1)).toBe(`${url}/register#founder=code`)
  expect(count()).toBe(3)
})

test('an installation that has an account gets none, and one that never answers is no installation with an account', async () => {
  expect(await foundingUrl((await answering([200, {}])).url, 'code', 1)).toBeUndefined()
  const { url } = await answering([503, { code: 'unavailable' }])
  await expect(foundingUrl(url, 'code', 1)).rejects.toThrow('503')
})
