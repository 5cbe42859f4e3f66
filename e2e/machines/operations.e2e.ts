import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Device, Installation, Person, type ProcessName } from '@beseda/testkit'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../tools/admin/main.mjs', import.meta.url))

test('after a new epoch a client with old cursors fetches everything again, and continues', async () => {
  const beseda = await Installation.start()
  onTestFinished(() => beseda.stop())
  const [ann, bob] = [await Person.register(beseda.url), await Person.register(beseda.url)]
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'Epochs', memberIds: [bob.userId] }
  const groupId = (await ann.groups.createGroup(creation)).group?.id ?? ''
  const before = await bob.connect()
  await ann.groups.postMessage({ messageId: newId(), groupId, text: 'before' })
  await before.sees(groupId, 1)
  before.close()

  await promisify(execFile)(process.execPath, [MAIN, 'new-epoch'], {
    env: { ...process.env, ...beseda.adminEnvironment() },
  })
  const processes: ProcessName[] = ['identity', 'group', 'membership', 'call', 'gateway']
  for (const name of processes) await beseda.kill(name)

  const after = await Device.connect(beseda.url, bob.tokens.accessToken, before)
  const required = await after.next('snapshotRequired', ({ head }) => head?.groupId === groupId)
  expect(required.value.head?.epoch).not.toBe(before.cursors.get(groupId)?.epoch)
  const fresh = await Person.register(beseda.url)
  expect(fresh.userId).not.toBe('')
  await ann.groups.postMessage({ messageId: newId(), groupId, text: 'after' })
  await after.sees(groupId, 2)
  expect(after.texts.get(groupId)).toEqual(['before', 'after'])
  expect(after.complaints).toEqual([])
})
