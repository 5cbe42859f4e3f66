import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { compare, take } from './uws.mjs'

const COMMIT = 'a'.repeat(40)
const FILE = `uws_linux_${process.arch}_${process.versions.modules}.node`

/** Upstream with one binary, and a folder of the package with another one. */
async function place(there: string, here: string) {
  const server = createServer((request, response) => {
    const known = request.url === `/v1/${FILE}` || request.url === `/${COMMIT}/${FILE}`
    response.writeHead(known ? 200 : 404).end(known ? there : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'beseda-uws-'))
  onTestFinished(async () => {
    server.close()
    await rm(folder, { recursive: true, force: true })
  })
  await writeFile(join(folder, FILE), here)
  return { upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, folder }
}

test('the binaries of the image are upstream’s, or the release is refused', async () => {
  const same = await place('built', 'built')
  expect(await compare('v1', same.folder, same.upstream)).toEqual([FILE])
  const other = await place('built', 'changed')
  await expect(compare('v1', other.folder, other.upstream)).rejects.toThrow(`Not upstream's binaries of v1: ${FILE}`)
  await expect(compare('v2', other.folder, other.upstream)).rejects.toThrow('404')
})

test('an image can be built with upstream’s binary of a commit, not of a tag', async () => {
  const { upstream, folder } = await place('built', 'changed')
  await expect(take('v1', folder, upstream)).rejects.toThrow('a tag could be moved')
  await take(COMMIT, folder, upstream)
  expect(await readFile(join(folder, FILE), 'utf8')).toBe('built')
})
