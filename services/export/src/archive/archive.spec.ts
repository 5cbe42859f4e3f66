import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventBody } from '@beseda/event-log'
import { historyStream, RETENTION_STREAM, RETENTION_SUBJECT } from '@beseda/proto'
import { AttachmentSchema, GroupUpdatedSchema, PollSchema, PollVotedSchema } from '@beseda/proto/group/v1/events'
import { CommitRedactedSchema, EventSchema, KeptEventSchema } from '@beseda/proto/log/v1/commit'
import { JoinRequestedSchema } from '@beseda/proto/membership/v1/events'
import { HoldChangedSchema } from '@beseda/proto/moderation/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import {
  archive,
  briefly,
  day,
  edit,
  folderOf,
  house,
  linesOf,
  post,
  quarter,
  unsay,
} from '../../../testing/archive-house.js'
import { entryOn } from '../../../testing/log-entries.js'

/** The columns of its compliance export, from its documentation. */
const MATTERMOSTS =
  'Post Creation Time,Post Update Time,Post Update Type,Team Id,Team Name,Team Display Name,Channel Id,Channel Name,Channel Display Name,Channel Type,User Id,User Email,Username,Post Id,Edited By Post Id,Replied to Post Id,Post Message,Post Type,User Type,Previews Post Id'

test('an archive tells who was there, who came and went, and what was said, changed and deleted in its days', async () => {
  const lines = await linesOf(await archive(await quarter(), { format: 'jsonl' }))
  expect(briefly(lines)).toEqual([
    ...['previously-joined ann', 'previously-joined bob', 'message m1', 'message m2', 'enter eve', 'leave bob'],
    ...['edit m1', 'message m3', 'deletion before', 'other ann'],
  ])
  expect(lines.find(({ message }) => message?.id === 'm1')).toMatchObject({
    person: { id: 'ann', username: 'ann' },
    message: { text: 'text of m1', edited: true, replyTo: '' },
  })
  expect(lines.find(({ kind }) => kind === 'deletion')).toMatchObject({ person: { id: 'ann' }, by: { id: 'bob' } })
})

test('the table has the columns of Mattermost’s, and texts that are no formulas', async () => {
  const h = await quarter()
  await h.write('messages', day(7), [post('m4', { text: '=HYPERLINK("http://evil")\nsecond "line"' })])
  const { read } = await archive(h)
  const [head = '', ...rows] = (await read('messages-00001.csv')).split('\r\n')
  expect(head.split(',').slice(0, 20)).toEqual(MATTERMOSTS.split(','))
  const of = (name: string, row: string) => row.split(',')[head.split(',').indexOf(name)]
  const columns = ['Post Update Type', 'User Id', 'Post Id', 'Edited By Post Id', 'Replied to Post Id', 'Post Type']
  const plain = rows.map((row) => row.replace('text of m1, better', 'better'))
  expect(plain.slice(0, 9).map((row) => columns.map((name) => of(name, row)).join(' '))).toEqual([
    ...[' ann    previously-joined', ' bob    previously-joined', 'EditedOriginalMsg ann m1 m1  message'],
    ...[' bob m2  m1 message', ' eve    enter', ' bob    leave', 'EditedNewMsg ann m1   message'],
    ...[' ann m3  m1 message', 'Deleted ann before   message'],
  ])
  expect(of('Post Creation Time', rows[8] ?? '')).toBe(String(day(1, 3)))
  expect(of('Post Update Time', rows[8] ?? '')).toBe(String(day(5, 8)))
  const table = rows.join('\r\n')
  expect(table).toContain(`,"'=HYPERLINK(""http://evil"")\nsecond ""line""",message`)
  expect(table).toContain(`,"Анна, ""Ann""",`)
  expect(table).toContain(`,'=cmd|calc,`)
})

test('a poll is its question and its options; who chose what in an anonymous one is nowhere', async () => {
  const h = await quarter()
  const poll = create(PollSchema, { options: ['tea', 'coffee'], anonymous: true })
  await h.write('messages', day(7), [post('p1', { text: 'What to drink?', poll })])
  const vote = { messageId: 'p1', tally: [0, 1], voters: 1, secretVoterId: 'voter-of-coffee', secretOptions: [1] }
  await h.write('messages', day(7), [{ case: 'pollVoted', value: create(PollVotedSchema, vote) }], '')
  const table = await archive(h)
  expect(table.all).toContain(',Poll: What to drink?\n- tea\n- coffee,')
  const whole = await archive(h, { format: 'jsonl' })
  const lines = await linesOf(whole)
  expect(lines.find(({ message }) => message?.id === 'p1')).toMatchObject({ message: { options: ['tea', 'coffee'] } })
  expect(lines.at(-1)).toMatchObject({ event: { pollVoted: { messageId: 'p1', tally: [0, 1], voters: 1 } } })
  for (const { all } of [table, whole]) expect(all).not.toMatch(/voter-of-coffee|secret/)
})

test('what is deleted by now is a fact without its text, however it went and wherever it still stands', async () => {
  const h = await house()
  await h.register('eve', 'eve', 'Eve')
  const seq = await h.write('messages', day(2), [post('gone1'), post('stays'), post('reply', { replyTo: 'stays' })])
  await h.write('messages', day(3), [edit('gone1', 'text of gone1, edited')])
  await h.write('messages', day(3), [post('late'), post('vanished', { expiresAt: timestampFromMs(day(15)) })])
  await h.write('messages', day(3), [post('of eve', { authorId: 'eve' })])
  await h.write('messages', day(4), [unsay('gone1')])
  // After the days of the archive, and not erased yet.
  await h.write('messages', day(12), [unsay('late')])
  await h.leave('eve')
  // As the eraser leaves the first commit (ADR 9).
  const kept = [post('gone1', { text: '' }), post('stays'), post('reply', { replyTo: 'stays' })].map((body, index) =>
    create(KeptEventSchema, {
      ...{ seq: BigInt(seq), index, time: timestampFromMs(day(2)) },
      event: create(EventSchema, { actorId: 'ann', body }),
    }),
  )
  const value = create(CommitRedactedSchema, { seq: BigInt(seq), kept })
  await h.write('messages', day(12), [{ case: 'commitRedacted', value }])
  await h.store.erase(historyStream(0), seq)

  for (const format of ['csv', 'jsonl', 'eml']) {
    const { all } = await archive(h, { format })
    for (const word of ['gone1', 'late', 'vanished', 'of eve']) expect(all).not.toContain(`text of ${word}`)
    for (const word of ['stays', 'reply']) expect(all).toContain(`text of ${word}`)
  }
  const lines = await linesOf(await archive(h, { format: 'jsonl' }))
  expect(briefly(lines).filter((line) => !line.startsWith('previously'))).toEqual([
    ...['message gone1', 'message stays', 'message reply', 'message late', 'message vanished', 'message of eve'],
    'deletion gone1',
  ])
  expect(lines.filter(({ message }) => message?.erased).map(({ message }) => message?.id)).toEqual([
    ...['gone1', 'late', 'vanished', 'of eve', 'gone1'],
  ])
})

test('what a legal hold keeps is written for those who ask for it, and marked as erased', async () => {
  const h = await house()
  const attachments = [create(AttachmentSchema, { fileId: 'f1', name: 'plan.txt' })]
  await h.write('messages', day(2), [post('of ann', { attachments }), post('of bob', { authorId: 'bob' })])
  await h.write('messages', day(3), [edit('of ann', 'text of ann, edited')])
  await h.write('messages', day(4), [unsay('of ann'), unsay('of bob')])
  const hold = (userId: string, held: boolean): EventBody => ({
    case: 'holdChanged',
    value: create(HoldChangedSchema, { userId, held }),
  })
  const bodies = [hold('ann', true), hold('bob', true), hold('bob', false)]
  await h.store.append(entryOn(RETENTION_SUBJECT, bodies, { stream: RETENTION_STREAM }))
  const [plain, held] = [
    await archive(h, { format: 'jsonl' }),
    await archive(h, { format: 'jsonl', 'with-held': true }),
  ]
  expect(plain.all).not.toContain('text of')
  const plan = 'attachments/f1/plan.txt'
  expect([plain.names.includes(plan), await held.read(plan)]).toEqual([false, 'the plan of the attack'])
  const told = (await linesOf(held)).flatMap(({ kind, message }) =>
    message ? [[kind, message.text, message.erased]] : [],
  )
  expect(told).toEqual([
    ['message', 'text of of ann', true],
    ['message', '', true],
    ['edit', 'text of ann, edited', true],
    ['deletion', '', true],
    ['deletion', '', true],
  ])
})

test('nobody’s password, code or token is in an archive, and of those who have left no note', async () => {
  const h = await house()
  const ask = (userId: string, note: string): EventBody => ({
    case: 'joinRequested',
    value: create(JoinRequestedSchema, { userId, note }),
  })
  await h.write('roster', day(3), [ask('zoe', 'please let me in'), ask('ann', 'I was here')])
  await h.register('zoe', 'zoe', 'Zoe')
  await h.leave('zoe')
  const { all } = await archive(h, { format: 'jsonl' })
  expect([all.includes('argon2'), all.includes('let me in'), all.includes('I was here')]).toEqual([false, false, true])
})

test('attachments are files of the archive, each once; one that is gone is named', async () => {
  const h = await house()
  const file = (fileId: string, name: string) => create(AttachmentSchema, { fileId, name, contentType: 'text/plain' })
  await h.write('messages', day(2), [
    post('m1', { attachments: [file('f1', '../../plan.txt'), file('f2', 'lost.txt')] }),
  ])
  await h.write('messages', day(3), [post('m2', { attachments: [file('f1', '../../plan.txt')] })])
  const csv = await archive(h)
  expect(csv.names).toEqual(['attachments/f1/__.._plan.txt', 'manifest.json', 'messages-00001.csv'])
  expect(await csv.read('messages-00001.csv')).toContain('(the file lost.txt is gone)')
  const eml = await archive(h, { format: 'eml' })
  const mail = await eml.read(eml.names.find((name) => name.endsWith('m1.eml')) ?? '')
  expect(mail).toContain(Buffer.from('the plan of the attack').toString('base64'))
  expect(mail).toContain('filename=__.._plan.txt')
})

test('a mail answers the one that it replies to, and who came and went is in a table beside', async () => {
  const { names, read } = await archive(await quarter(), { format: 'eml' })
  const named = (end: string) => read(names.find((name) => name.endsWith(end)) ?? end)
  const [first, reply, answer, edited] = [
    await named('m1.eml'),
    await named('m2.eml'),
    await named('m3.eml'),
    await named('-edit-5-0.eml'),
  ]
  expect(first).toMatch(/^Message-ID: <m1@beseda\.invalid>\r$/m)
  expect(first).not.toContain('In-Reply-To')
  expect(first).toContain('Date: Fri, 02 Jan 2026 00:00:00 +0000\r\n')
  for (const mail of [reply, answer, edited]) expect(mail).toMatch(/^In-Reply-To: <m1@beseda\.invalid>\r$/m)
  expect(edited).toContain('text of m1, better')
  const table = await read('events-00001.csv')
  expect(table.match(/,(previously-joined|enter|leave|message),/g)).toEqual([
    ...[',previously-joined,', ',previously-joined,', ',enter,', ',leave,', ',message,'],
  ])
})

test('the manifest names every other file with its hash, the days, the groups and what was counted', async () => {
  const { names, read, manifest, out } = await archive(await quarter())
  const said = JSON.parse(await read('manifest.json')) as { files: { path: string; bytes: number; sha256: string }[] }
  const hashes = await Promise.all(
    names
      .filter((name) => name !== 'manifest.json')
      .map(async (path) => {
        const bytes = await readFile(join(out, path))
        return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
      }),
  )
  expect(said.files).toEqual(hashes)
  // As docs/auditors.md compares them.
  const sums = said.files.map(({ sha256, path }) => `${sha256}  ${path}\n`).join('')
  const compared = () => spawnSync('sha256sum', ['-c', '--status'], { cwd: out, input: sums }).status
  expect(compared()).toBe(0)
  const table = join(out, 'messages-00001.csv')
  await writeFile(table, (await readFile(table, 'utf8')).replace('text of m2', 'text of m3'))
  expect(compared()).toBe(1)
  expect(said).toMatchObject({
    range: { from: '2026-01-02T00:00:00.000Z', to: '2026-01-10T00:00:00.000Z' },
    ...{ format: 'csv', groupsAskedFor: 'all', streams: [{ name: 'HISTORY_0', epoch: 'memory-2', lastSeq: 9 }] },
    groups: [{ id: 'g', name: 'Chess', kind: 'group', counts: { message: 3, edit: 1, deletion: 1 } }],
    counts: { message: 3, edit: 1, deletion: 1, enter: 1, leave: 1, 'previously-joined': 2 },
  })
  expect(manifest.sha256).toBe(
    createHash('sha256')
      .update(await readFile(join(out, 'manifest.json')))
      .digest('hex'),
  )
  await expect(archive(await quarter(), { out })).rejects.toThrow('holds a finished export')
})

test('an archive of some groups has these alone; one that is in no log is named', async () => {
  const h = await quarter()
  await h.write('messages', day(8), [post('elsewhere')], 'ann', 'h')
  const lines = await linesOf(await archive(h, { format: 'jsonl', groups: 'h' }))
  expect(briefly(lines)).toEqual(['message elsewhere'])
  const out = join(await folderOf('nobody'), 'new')
  await expect(archive(h, { groups: 'h,nowhere', out })).rejects.toThrow('There is no group nowhere.')
  expect(existsSync(out)).toBe(false)
})

test('the group is called as it was at the time', async () => {
  const h = await quarter()
  const renamed = create(GroupUpdatedSchema, { name: 'Go' })
  await h.write('roster', day(9), [{ case: 'groupUpdated', value: renamed }])
  await h.write('messages', day(9), [post('last')])
  const table = await (await archive(h)).read('messages-00001.csv')
  const names = table
    .split('\r\n')
    .filter((line) => /text of (m2|last)/.test(line))
    .map((line) => line.split(',')[7])
  expect(names).toEqual(['Chess', 'Go'])
})
