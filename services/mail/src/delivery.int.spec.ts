import { MailQueue, setUpLog } from '@beseda/platform'
import { MAIL_CONSUMER, MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import { type Letter, LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import {
  type MailboxOptions,
  type MailFault,
  PATIENCE_MS,
  startNats,
  TestMailbox,
  type TestNats,
} from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { LetterQueue } from './adapters/letter-queue.js'
import { SmtpPostman } from './adapters/smtp-postman.js'
import { AT_ONCE, Deliveries } from './application/deliveries.js'
import { Delivery } from './application/delivery.js'
import type { Fate, Postman } from './application/ports.js'
import type { MissedMessages } from './domain/missed-text.js'

/** The queue on a real NATS with the permissions of production, and a real SMTP server that does what servers do. */
let nats: TestNats
let [admin, identity]: NatsConnection[] = []
beforeAll(async () => {
  nats = await startNats({ config: 'production' })
  ;[admin, identity] = [await nats.connect('admin'), await nats.connect('identity')]
  await setUpLog(admin, { partitions: 1, replicas: 1 })
  // A letter whose process has ended is handed to another one sooner than in production.
  const manager = await jetstreamManager(admin)
  for (const { stream } of Object.values(MAIL_QUEUES)) {
    await manager.consumers.update(stream, MAIL_CONSUMER, { ack_wait: 4_000_000_000 })
  }
})
afterAll(async () => {
  await admin?.close()
  await identity?.close()
  await nats?.stop()
})

const NOW = Date.parse('2026-01-01T00:00:00Z')
let ids = 0
async function put(kind = LetterKind.CONFIRM_EMAIL, writtenAt = NOW): Promise<Letter> {
  const id = `018f0000-0000-7000-8000-${String(++ids).padStart(12, '0')}`
  const letter = create(LetterSchema, { id, kind, userId: 'ann', writtenAt: timestampFromMs(writtenAt) })
  await new MailQueue(identity!).add(letter)
  return letter
}

async function waiting(): Promise<number> {
  const { streams } = await jetstreamManager(admin!)
  const all = Object.values(MAIL_QUEUES).map(async ({ stream }) => (await streams.info(stream)).state.messages)
  return (await Promise.all(all)).reduce((sum, one) => sum + one, 0)
}

interface Process {
  readonly fates: readonly (readonly [string, Fate])[]
  stop(): Promise<void>
}

interface StartOptions {
  readonly now?: number
  /** How long the server may say nothing. */
  readonly silenceMs?: number
  /** What Ann has missed. */
  readonly missed?: MissedMessages
}

/** A mail service that does not wait for long before it tries again. */
async function start(url: string, { now = NOW, silenceMs = PATIENCE_MS, missed }: StartOptions = {}): Promise<Process> {
  const connection = await nats.connect('mail')
  const fates: (readonly [string, Fate])[] = []
  const from = { name: 'Chat', address: 'chat@example.org' }
  const postman: Postman = new SmtpPostman({ url, from, replyTo: 'help@example.org', silenceMs })
  const ann = {
    address: 'ann@b.org',
    displayName: 'Анна Ким',
    username: 'ann',
    locale: 'ru',
    timeZone: '',
    code: 'c0de',
    deviceName: '',
  }
  const deps = {
    recipients: {
      of: async ({ kind }: Letter) => ({ ...ann, ...(missed && kind === LetterKind.MISSED ? { missed } : {}) }),
    },
    postman,
    observer: {
      letter: ({ id }: Letter, fate: Fate) => void fates.push([id, fate]),
      interrupted: () => undefined,
    },
    publicUrl: 'https://chat.example.org',
    now: () => now,
    waitAfter: () => 100,
  }
  const deliveryOf = (queue: MailQueueName) =>
    new Delivery({ ...deps, queue: new LetterQueue(connection, queue), atOnce: AT_ONCE[queue] })
  const delivery = new Deliveries(deliveryOf)
  const end = new AbortController()
  const running = delivery.run(end.signal)
  const stop = async () => {
    end.abort()
    await running
    await connection.close()
  }
  onTestFinished(stop)
  return { fates, stop }
}

async function mailbox(options?: MailboxOptions): Promise<TestMailbox> {
  const box = await TestMailbox.start(options)
  onTestFinished(() => box.stop())
  return box
}

const idsOf = ({ mails }: TestMailbox) =>
  mails.map(({ parsed }) => parsed.messageId ?? '').toSorted((one, other) => one.localeCompare(other))
const messageId = ({ id }: Letter) => `<${id}@example.org>`

test('a letter is sent once, in the person’s language, as text and HTML, from and to whom it should be', async () => {
  const box = await mailbox()
  const { fates } = await start(box.url)
  const letter = await put()
  await vi.waitFor(() => expect(fates).toEqual([[letter.id, 'sent']]))
  expect(await waiting()).toBe(0)
  const [{ parsed, from, to }] = box.mails as [TestMailbox['mails'][number]]
  expect([from, to]).toEqual(['chat@example.org', ['ann@b.org']])
  expect(parsed).toMatchObject({
    messageId: messageId(letter),
    date: new Date(NOW),
    subject: 'Подтвердите адрес почты',
  })
  expect(parsed.from?.value).toMatchObject([{ name: 'Chat', address: 'chat@example.org' }])
  expect(parsed.replyTo?.value).toMatchObject([{ address: 'help@example.org' }])
  expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
  expect(parsed.headers.has('list')).toBe(false)
  for (const body of [parsed.text, parsed.html]) {
    expect(body).toContain('https://chat.example.org/confirm-email#c0de')
    // To an address that nobody has confirmed goes no name that somebody has chosen.
    expect(body).not.toContain('Анна Ким')
  }
})

test('a letter about what was missed can be ended by one click, and the name of a conversation is no header', async () => {
  const box = await mailbox()
  const named = [{ name: 'Шахматы\r\nBcc: evil@example.org', messages: 3, mentions: 0 }]
  const missed = { mentions: 2, messages: 3, conversations: 2, named, unsubscribeCode: 'ann-c0de' }
  const { fates } = await start(box.url, { missed })
  const letter = await put(LetterKind.MISSED)
  await vi.waitFor(() => expect(fates).toEqual([[letter.id, 'sent']]))
  const [{ parsed, to }] = box.mails as [TestMailbox['mails'][number]]
  expect(to).toEqual(['ann@b.org'])
  expect(parsed.headerLines.map(({ line }) => line)).toEqual(
    expect.arrayContaining([
      'List-Unsubscribe: <https://chat.example.org/unsubscribe/ann-c0de>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    ]),
  )
  expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
  expect(parsed.headers.has('bcc')).toBe(false)
  for (const body of [parsed.text, parsed.html]) {
    expect(body).toContain('Анна Ким')
    expect(body).toContain('3 личных сообщения и 2 упоминания')
    expect(body).toContain('Шахматы Bcc evil example org: 3 сообщения')
  }
})

test('what identity queues twice under one id is one letter', async () => {
  const box = await mailbox()
  const letter = await put()
  await new MailQueue(identity!).add(letter)
  const last = await put()
  await start(box.url)
  await vi.waitFor(() => expect(idsOf(box)).toContain(messageId(last)))
  expect(idsOf(box)).toEqual([messageId(letter), messageId(last)])
})

test('while the server is away nothing is lost, and each letter is sent once when it is back', async () => {
  const box = await mailbox()
  const { port, url } = box
  await box.stop()
  const letters = [await put(), await put(), await put()]
  const { fates } = await start(url)
  await vi.waitFor(() => expect(fates.filter(([, fate]) => fate === 'failed').length).toBeGreaterThan(3))
  expect(await waiting()).toBe(3)
  const back = await mailbox({ port })
  await vi.waitFor(() => expect(back.mails).toHaveLength(3))
  await vi.waitFor(async () => expect(await waiting()).toBe(0))
  expect(idsOf(back)).toEqual(letters.map(messageId))
})

test.each<MailFault>(['refuse for now', 'hang', 'drop'])(
  'a server that does this is asked again: %s',
  async (fault) => {
    const box = await mailbox()
    box.fault = fault
    // Under load a server is slow in saying what it says.
    const { fates } = await start(box.url, fault === 'hang' ? { silenceMs: 3_000 } : {})
    const letter = await put()
    await vi.waitFor(() => expect(box.faults).toBeGreaterThan(1))
    box.fault = undefined
    await vi.waitFor(() => expect(fates.at(-1)).toEqual([letter.id, 'sent']))
    // What the server has kept before it broke the connection is the same mail to whoever reads it.
    expect(new Set(idsOf(box))).toEqual(new Set([messageId(letter)]))
    if (fault !== 'drop') expect(box.mails).toHaveLength(1)
    expect(await waiting()).toBe(0)
  },
)

test.each<MailFault>(['refuse recipient', 'refuse content'])(
  'a letter that is refused for good leaves the queue: %s',
  async (fault) => {
    const box = await mailbox()
    box.fault = fault
    const { fates } = await start(box.url)
    const letter = await put()
    await vi.waitFor(() => expect(fates).toEqual([[letter.id, 'refused']]))
    expect([box.faults, await waiting()]).toEqual([1, 0])
  },
)

test('a letter that is not worth sending any more is not sent', async () => {
  const box = await mailbox()
  const now = NOW + 31 * 60_000
  const { fates } = await start(box.url, { now })
  const [late, good] = [await put(LetterKind.RESET_PASSWORD), await put(LetterKind.RESET_PASSWORD, now)]
  await vi.waitFor(() => expect(fates).toHaveLength(2))
  expect(new Map(fates)).toEqual(
    new Map<string, Fate>([
      [late.id, 'late'],
      [good.id, 'sent'],
    ]),
  )
  expect(idsOf(box)).toEqual([messageId(good)])
})

test('a process that ends after it has sent a letter, and before the queue knows: the next one sends the same mail', async () => {
  const box = await mailbox()
  const connection = await nats.connect('mail')
  const letter = await put()
  await new LetterQueue(connection, 'account').next()
  const from = { name: 'Chat', address: 'chat@example.org' }
  const text = { subject: 's', text: 't', html: '<p>t</p>' }
  await new SmtpPostman({ url: box.url, from, replyTo: undefined }).send(letter, 'ann@b.org', text)
  await connection.close()
  const { fates } = await start(box.url)
  await vi.waitFor(() => expect(fates).toEqual([[letter.id, 'sent']]))
  expect(idsOf(box)).toEqual([messageId(letter), messageId(letter)])
})

test('two processes and a restart between them: of twenty letters none is lost, and none comes twice', async () => {
  const box = await mailbox()
  const letters = []
  for (let i = 0; i < 20; i++) letters.push(await put())
  const first = await start(box.url)
  await start(box.url)
  await vi.waitFor(() => expect(box.mails.length).toBeGreaterThan(2))
  await first.stop()
  await start(box.url)
  await vi.waitFor(async () => expect(await waiting()).toBe(0))
  expect(idsOf(box)).toEqual(letters.map(messageId))
})

test.each<MailboxOptions>([
  { tls: 'starttls', auth: ['chat', 'pass:w@rd/?'] },
  { tls: 'smtps', auth: ['chat', 'pass:w@rd/?'] },
])('with TLS and a password: %j', async (options) => {
  const box = await mailbox(options)
  const { fates } = await start(box.url)
  const letter = await put()
  await vi.waitFor(() => expect(fates).toEqual([[letter.id, 'sent']]))
  expect(box.mails).toMatchObject([{ secure: true, user: 'chat' }])
})

test('with a wrong password, or a certificate that nobody has signed, letters wait for the operator', async () => {
  for (const change of [(url: string) => url.replace('right', 'wrong'), (url: string) => url.replace(/\?.*/, '')]) {
    const box = await mailbox({ tls: 'smtps', auth: ['chat', 'right'] })
    const broken = await start(change(box.url))
    const letter = await put()
    await vi.waitFor(() => expect(broken.fates.length).toBeGreaterThan(1))
    expect(new Set(broken.fates.map(([, fate]) => fate))).toEqual(new Set(['failed']))
    await broken.stop()
    const mended = await start(box.url)
    await vi.waitFor(() => expect(mended.fates).toEqual([[letter.id, 'sent']]))
    await mended.stop()
  }
})

test('a flood of letters about missed messages, before a server that is slow, holds up no link for a new password', async () => {
  const box = await mailbox()
  box.fault = 'hang'
  for (let i = 0; i < 50; i++) await put(LetterKind.MISSED)
  const missed = { mentions: 1, messages: 0, conversations: 1, named: [], unsubscribeCode: 'ann-c0de' }
  await start(box.url, { missed })
  await vi.waitFor(() => expect(box.faults).toBe(AT_ONCE.other))
  box.fault = undefined
  const reset = await put(LetterKind.RESET_PASSWORD)
  await vi.waitFor(() => expect(box.mails).toHaveLength(1))
  expect(idsOf(box)).toEqual([messageId(reset)])
  // Those that hang, too, are still there.
  expect(await waiting()).toBeGreaterThanOrEqual(50)
  box.cut()
  await vi.waitFor(async () => expect(await waiting()).toBe(0))
})

test('the queue of other letters has an end, and then the one of accounts still takes letters', async () => {
  const { streams } = await jetstreamManager(admin!)
  const { stream } = MAIL_QUEUES.other
  const { config } = await streams.info(stream)
  expect(config.max_msgs).toBe(20_000)
  await streams.update(stream, { ...config, max_msgs: 2 })
  onTestFinished(async () => {
    await streams.update(stream, config)
    await streams.purge(stream)
  })
  await put(LetterKind.MISSED)
  await put(LetterKind.INVITATION)
  await expect(put(LetterKind.DIGEST)).rejects.toThrow()
  await put(LetterKind.RESET_PASSWORD)
  expect(await waiting()).toBe(3)
  await streams.purge(MAIL_QUEUES.account.stream)
})
