import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { archive, contentsOf, day, files, folderOf, post, quarter } from '../../../testing/archive-house.js'
import { discardArchive, WORKBOOK } from './leftovers.js'

test.each(['csv', 'jsonl', 'eml'])(
  'wherever a run as %s breaks off, the next one ends with the same archive',
  async (format) => {
    const h = await quarter()
    for (let n = 0; n < 12; n++) {
      files.set(`of ${n}`, `bytes of ${n}`)
      const attachments = [create(AttachmentSchema, { fileId: `of ${n}`, name: `${n}.txt` })]
      await h.write('messages', day(8), [post(`x${n}`, { attachments })], 'ann', n % 2 === 0 ? 'g' : 'h')
    }
    const whole = await archive(h, { format, partEntries: 4 })
    const expected = await Promise.all(whole.names.filter((name) => name !== 'manifest.json').map(whole.read))
    let broken = true
    for (let reads = 0; broken; reads++) {
      const out = await folderOf(`broken-${reads}`)
      h.store.reads = reads
      broken = await archive(h, { format, out, partEntries: 4 }).then(
        () => false,
        () => true,
      )
      h.store.reads = Number.POSITIVE_INFINITY
      const resumed = broken ? await archive(h, { format, out, partEntries: 4 }) : await contentsOf(out)
      expect(resumed.names).toEqual(whole.names)
      expect(await Promise.all(resumed.names.filter((name) => name !== 'manifest.json').map(resumed.read))).toEqual(
        expected,
      )
    }
  },
)

test('an archive that ended between its last two steps still loses what it was made from', async () => {
  const [h, out] = [await quarter(), await folderOf('tidied')]
  const whole = await archive(h, { out })
  const other = await folderOf('other')
  h.store.reads = 2
  await expect(archive(h, { out: other })).rejects.toThrow('the log is away')
  h.store.reads = Number.POSITIVE_INFINITY
  await copyFile(join(other, WORKBOOK), join(out, WORKBOOK))
  const again = await archive(h, { out })
  expect([again.names, again.manifest]).toEqual([whole.names, whole.manifest])
  await expect(archive(h, { out })).rejects.toThrow('holds a finished export')
})

test('an export that nobody will finish can be discarded, and nothing else', async () => {
  const [h, out] = [await quarter(), await folderOf('discarded')]
  await expect(discardArchive(out)).rejects.toThrow('holds no unfinished export')
  const attachments = [create(AttachmentSchema, { fileId: 'f1', name: 'plan.txt' })]
  await h.write('messages', day(8), [post('file', { attachments })])
  h.store.reads = 1_000
  await archive(h, { partEntries: 2 })
  const needed = 1_000 - h.store.reads
  await writeFile(join(out, 'letter.txt'), 'of somebody else')
  // The file is what it reads last.
  h.store.reads = needed - 1
  await expect(archive(h, { out, partEntries: 2 })).rejects.toThrow('the log is away')
  h.store.reads = Number.POSITIVE_INFINITY
  expect((await contentsOf(out)).all).toContain('text of m1')
  expect(await discardArchive(out)).toContain('discarded')
  expect((await contentsOf(out)).names).toEqual(['letter.txt'])
  await archive(h, { out })
  await expect(discardArchive(out)).rejects.toThrow('holds a finished export')
})
