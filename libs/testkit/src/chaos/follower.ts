import { afterClose, laneNameOf } from '@beseda/client-protocol'
import { LANES, laneOf } from '@beseda/proto'
import type { Commit, Cursor } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary } from '@bufbuild/protobuf'
import { Device } from '../client/device.js'
import type { Person } from '../client/person.js'
import type { Arrival, Heard } from './ledger.js'

const MESSAGES = laneOf(LANES[2])
/** As in the web client: a connection without a frame for this long after a Ping is considered dead. */
const SILENCE_MS = 10_000
/** A connection that does not open within this time is given up, as in a browser. */
const OPEN_MS = 10_000

/**
 * A person's device that behaves like the web client: it reconnects by the rules of close codes, pings, resumes with its
 * cursors, fetches what it is told to fetch, and shows each message once.
 */
export class Follower {
  /** Messages shown, by group, in order. */
  readonly heard = new Map<string, Heard[]>()
  /** Commits by group as received over its sockets, one after another. */
  readonly arrivals = new Map<string, Arrival[]>()
  readonly complaints: string[] = []
  /** When each Hello was sent, Unix ms. */
  readonly hellos: number[] = []
  /** Received close codes, with their counts. */
  readonly closes = new Map<number, number>()
  #device: Device | undefined
  #live = false
  #stopped = false
  #running: Promise<void> = Promise.resolve()
  #fetching: Promise<void> = Promise.resolve()
  #news: (() => void)[] = []

  constructor(
    readonly person: Person,
    private readonly url: string,
    private readonly random: () => number,
  ) {}

  get live(): boolean {
    return this.#live
  }

  /** The connection, while it is live. */
  get device(): Device | undefined {
    return this.#live ? this.#device : undefined
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#device?.close()
    await this.#running
    await this.#fetching
  }

  /** Resolves when the condition holds; it is checked after every event. Rejects at the deadline. */
  async until(holds: () => boolean, what: string, deadline: number): Promise<void> {
    while (!holds()) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${this.person.username} waits for ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#news.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#stopped; ) {
      const code = await this.#connection(() => {
        attempt = 0
      })
      this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
      const after = afterClose(code, attempt++, this.random())
      if (after.kind === 'stop') {
        if (!this.#stopped) this.complaints.push(`${this.person.username} was told to stop: ${after.why}`)
        return
      }
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, after.delayMs))
    }
  }

  /** One connection from opening to close; resolves with the close code. */
  async #connection(isLive: () => void): Promise<number> {
    const device = await within(OPEN_MS, Device.open(this.url)).catch(() => undefined)
    if (!device) return 1006
    const before = this.#device
    this.#device = device
    let ping: NodeJS.Timeout | undefined
    let lastFrame = Date.now()
    const pings = (intervalMs: number) => {
      ping = setInterval(() => {
        device.send({ case: 'ping', value: {} })
        setTimeout(() => {
          if (Date.now() - lastFrame > SILENCE_MS) device.abandon()
        }, SILENCE_MS + 100)
      }, intervalMs)
    }
    device.onFrame = (frame) => {
      lastFrame = Date.now()
      if (frame.case === 'ready') pings(frame.value.pingIntervalMs)
      if (frame.case === 'reconnect') setTimeout(() => device.close(), frame.value.afterMs)
      if (frame.case === 'commit') this.#commit(frame.value)
      if (frame.case === 'snapshotRequired' && frame.value.head) this.#fetch(frame.value.head)
      this.#wake()
    }
    this.hellos.push(Date.now())
    const greeted = device.hello(this.person.tokens.accessToken, before).then(
      () => {
        this.#live = true
        isLive()
        this.#wake()
      },
      () => device.abandon(),
    )
    const { code } = await device.closed
    this.#live = false
    clearInterval(ping)
    await greeted
    this.complaints.push(...device.complaints)
    this.#wake()
    return code
  }

  #commit({ groupId, lane, seq, commit }: Commit): void {
    this.arrivals.set(groupId, this.arrivals.get(groupId) ?? [])
    this.arrivals.get(groupId)?.push({ lane: laneNameOf(lane) ?? `lane ${lane}`, seq: Number(seq) })
    if (lane !== MESSAGES) return
    const { events } = fromBinary(CommitSchema, commit)
    for (const [index, { body }] of events.entries()) {
      if (body.case === 'messagePosted') this.#show(groupId, { id: body.value.messageId, seq: Number(seq), index })
    }
  }

  /** A second event with the same message id is not a message (docs/protocol.md). */
  #show(groupId: string, one: Heard): void {
    const shown = this.heard.get(groupId) ?? []
    this.heard.set(groupId, shown)
    if (shown.some(({ id }) => id === one.id)) return
    const at = shown.findLastIndex(({ seq, index }) => seq < one.seq || (seq === one.seq && index < one.index))
    shown.splice(at + 1, 0, one)
  }

  /** Fetches the state of a group that the gateway does not replay. */
  #fetch(head: Cursor): void {
    const { groupId } = head
    const known = this.heard.get(groupId)?.at(-1)?.seq ?? 0
    this.#fetching = this.#fetching.then(async () => {
      for (let after = known; after < Number(head.messagesSeq); ) {
        const request = { groupId, afterSeq: BigInt(after), minSeq: head.messagesSeq, limit: 100 }
        const page = await this.person.groups.listMessages(request).catch(() => undefined)
        if (!page) {
          await new Promise((resolve) => setTimeout(resolve, 200))
          continue
        }
        for (const { id, seq, index } of page.messages) this.#show(groupId, { id, seq: Number(seq), index })
        this.#wake()
        if (!page.hasNewer) return
        after = Number(page.messages.at(-1)?.seq ?? head.messagesSeq)
      }
    })
  }

  #wake(): void {
    for (const wake of this.#news.splice(0)) wake()
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
