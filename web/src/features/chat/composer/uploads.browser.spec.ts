import { FileSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { errorSentence, tooLarge, unavailable } from '../../../net/errors.js'
import { uploadFile } from '../../../net/upload.js'
import { keepUploadLimit } from '../../../net/upload-limit.js'
import { UnreadableFile, Uploads } from './uploads.js'
import { forgetUploads, MAX_FILES, useUploads } from './use-uploads.js'

vi.mock('../../../net/upload.js', () => ({ uploadFile: vi.fn() }))
const upload = vi.mocked(uploadFile)
beforeEach(() => {
  upload.mockReset()
  upload.mockImplementation(async (_, name) => create(FileSchema, { id: `stored ${name}`, name }))
})
const scope = effectScope(true)
afterEach(forgetUploads)
/** As in a composer. */
const line = (threadId: string) => scope.run(() => useUploads('g', threadId)) as ReturnType<typeof useUploads>
const file = (name: string) => new File(['x'], name)

test('files go in the order in which they were chosen, though the first is still on its way', async () => {
  const uploads = new Uploads()
  upload.mockImplementationOnce(() => new Promise(() => undefined))
  void uploads.add(file('slow'), 'slow')
  await uploads.add(file('quick'), 'quick')
  const { files, waiting } = uploads.outgoing()
  expect(files.map(({ fileId }) => fileId)).toEqual(['stored quick'])
  expect(waiting).toMatchObject([{ name: 'slow', place: 0 }])
})

test('a file that the server refuses holds the message back; one that it could not be asked about waits', async () => {
  const files = line('')
  upload.mockRejectedValueOnce(tooLarge())
  await files.add(file('large'), 'large')
  expect([files.refused.value, files.any.value]).toEqual([true, false])
  files.clear()
  upload.mockRejectedValueOnce(unavailable())
  await files.add(file('offline'), 'offline')
  expect([files.refused.value, files.any.value]).toEqual([false, true])
  expect(files.outgoing().waiting).toMatchObject([{ name: 'offline' }])
})

test('a folder, or a file that is not there any more, is refused before it is sent', async () => {
  const uploads = new Uploads()
  const folder = file('folder')
  vi.spyOn(folder, 'slice').mockImplementation(() => {
    throw new DOMException('', 'NotFoundError')
  })
  await uploads.add(folder, 'folder')
  expect([...uploads.all.values()]).toMatchObject([{ state: 'refused', error: expect.any(UnreadableFile) }])
  expect(upload).not.toHaveBeenCalled()
})

test('a file over the limit of the server is refused when it is chosen, and so the message waits: also offline', async () => {
  keepUploadLimit(3n)
  keepUploadLimit(0n)
  upload.mockRejectedValue(unavailable())
  const files = line('limit')
  await files.add(new File(['four'], 'over'), 'over')
  await files.add(new File(['yes'], 'fits'), 'fits')
  const [over, fits] = [...files.uploads.values()]
  expect([over?.state, errorSentence(over?.error)]).toMatchObject(['refused', { bytes: 3 }])
  expect([fits?.state, files.refused.value]).toEqual(['waiting', true])
  expect(upload).toHaveBeenCalledTimes(1)
  localStorage.clear()
})

test('of more files than a message has, those over the limit are counted', () => {
  const files = line('thread')
  files.addAll(Array.from({ length: MAX_FILES + 2 }, (_, i) => file(`f${i}`)))
  expect([files.uploads.size, files.leftOut.value]).toEqual([MAX_FILES, 2])
  files.remove([...files.uploads.keys()][0] ?? 0)
  expect(files.leftOut.value).toBe(0)
})
