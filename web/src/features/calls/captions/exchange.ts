import { type ShallowRef, shallowRef } from 'vue'
import { Alarm, type Clock } from '../../../time/clock.js'
import type { Asides } from '../engine/asides.js'
import type { Device } from '../engine/attendance.js'
import { type CaptionState, messageBytes, messageOf, NOTHING, type Said, type Speaks } from './messages.js'
import { Once } from './once.js'

/** What somebody has said, as it is shown. */
export interface CaptionLine extends Said {
  /** Counts. */
  readonly key: number
  readonly userId: string
  /** Unix ms, by the clock of this device. */
  readonly at: number
}
interface Other extends Device {
  readonly state: CaptionState
}
export interface CaptionSnapshot {
  readonly own: CaptionState
  readonly others: readonly Other[]
  /** The last ones; kept in memory only. */
  readonly lines: readonly CaptionLine[]
  /** Those of the transcript that this device keeps, or has kept and not posted yet. */
  readonly transcript: readonly CaptionLine[]
}

export const MOST_LINES = 50
/** A day of talk; more would fill the memory. */
const MOST_TRANSCRIPT = 20_000
/** Of one device. People say fewer sentences, and a peer may send anything. */
const MOST_A_SECOND = 5
/** How often the state is told again: nobody knows who has heard it, as a way may not be open yet, or have no keys. */
const TELL_MS = 3_000

export interface ExchangeOptions {
  readonly me: Device
  readonly clock: Clock
  readonly asides: Pick<Asides, 'say' | 'listen'>
}

/** What the devices of a call say to each other about captions: who wants them, who agrees, who keeps a transcript; and the captions. */
export class CaptionExchange {
  readonly snapshot: ShallowRef<CaptionSnapshot> = shallowRef({ own: NOTHING, others: [], lines: [], transcript: [] })
  readonly #rates = new Map<string, { second: number; count: number }>()
  readonly #once = new Once()
  /** Devices that agreed to the transcript before, and have not heard yet that it is over: they do not agree to this one. */
  #agreedBefore: ReadonlySet<string> = new Set()
  readonly #telling: Alarm
  #connected: ReadonlySet<string> = new Set()
  #key = 0
  #number = 0
  #closed = false

  constructor(private readonly options: ExchangeOptions) {
    this.#telling = new Alarm(options.clock)
    options.asides.listen((from, content) => this.#hear(from, content))
  }

  setWants(wants: boolean): void {
    this.#own({ wants })
  }

  setSpeaks(speaks: Speaks): void {
    this.#own({ speaks })
  }

  /** Begins a transcript with nothing in it, or ends it: what is in it is the answer, and is there until it is dropped. */
  setKeeps(keeps: boolean): readonly CaptionLine[] {
    if (keeps) {
      this.dropTranscript()
      const { others } = this.snapshot.value
      this.#agreedBefore = new Set(others.flatMap((other) => (this.#agreesToMine(other) ? [other.deviceId] : [])))
    }
    this.#own(keeps ? { keeps, wants: true } : { keeps })
    return this.snapshot.value.transcript
  }

  dropTranscript(): void {
    this.#set({ transcript: [] })
  }

  /** Whether what the person says may stand in the transcript of that device. */
  setAgrees(deviceId: string, agrees: boolean): void {
    const rest = this.snapshot.value.own.agrees.filter((one) => one !== deviceId)
    this.#own({ agrees: agrees ? [...rest, deviceId] : rest })
  }

  /** The person here has said it. */
  say(said: Said): void {
    this.options.asides.say(messageBytes({ said, number: this.#next() }))
    this.#add(this.options.me.userId, said, this.snapshot.value.own.keeps)
  }

  /** Who is connected now: whoever is new hears how things are, whoever is gone is forgotten. */
  present(connected: readonly Device[]): void {
    const ids = new Set(connected.map(({ deviceId }) => deviceId))
    const isNew = [...ids].some((id) => !this.#connected.has(id))
    this.#connected = ids
    this.#once.keep(ids)
    const others = this.snapshot.value.others.filter(({ deviceId }) => ids.has(deviceId))
    if (others.length < this.snapshot.value.others.length) this.#set({ others })
    this.#forgetTranscripts()
    if (isNew && this.#telling.isSet) this.#tell()
  }

  close(): void {
    this.#closed = true
    this.#telling.clear()
  }

  #hear(from: Device, content: Uint8Array): void {
    const message = messageOf(content)
    if (!message) return
    if ('state' in message) {
      if (this.#once.isNewest(from.deviceId, message.number)) this.#heardState(from, message.state)
    } else if (this.#once.isFirst(from.deviceId, message.number) && this.#isSlow(from.deviceId)) {
      const { own, others } = this.snapshot.value
      const other = others.find(({ deviceId }) => deviceId === from.deviceId)
      const agrees = other !== undefined && this.#agreesToMine(other) && !this.#agreedBefore.has(from.deviceId)
      this.#add(from.userId, message.said, own.keeps && agrees)
    }
  }

  #heardState({ userId, deviceId }: Device, state: CaptionState): void {
    const known = this.snapshot.value.others.find((other) => other.deviceId === deviceId)
    const rest = this.snapshot.value.others.filter((other) => other !== known)
    if (!this.#agreesToMine({ state }))
      this.#agreedBefore = new Set([...this.#agreedBefore].filter((id) => id !== deviceId))
    if (!known || !isSame(known.state, state)) this.#set({ others: [...rest, { userId, deviceId, state }] })
    this.#forgetTranscripts()
  }

  #agreesToMine({ state }: Pick<Other, 'state'>): boolean {
    return state.agrees.includes(this.options.me.deviceId)
  }

  /** An agreement is for one transcript: the next one is asked about again. */
  #forgetTranscripts(): void {
    const { own, others } = this.snapshot.value
    const kept = own.agrees.filter((id) => others.some(({ deviceId, state }) => deviceId === id && state.keeps))
    if (kept.length < own.agrees.length) this.#own({ agrees: kept })
  }

  #isSlow(deviceId: string): boolean {
    const second = Math.floor(this.options.clock.now() / 1_000)
    const before = this.#rates.get(deviceId)
    const count = before?.second === second ? before.count + 1 : 1
    this.#rates.set(deviceId, { second, count })
    return count <= MOST_A_SECOND
  }

  #add(userId: string, said: Said, isKept: boolean): void {
    const line = { ...said, key: ++this.#key, userId, at: this.options.clock.now() }
    const { own, lines, transcript } = this.snapshot.value
    this.#set({
      lines: own.wants ? [...lines, line].slice(-MOST_LINES) : lines,
      transcript: isKept ? [...transcript, line].slice(-MOST_TRANSCRIPT) : transcript,
    })
  }

  #own(change: Partial<CaptionState>): void {
    this.#set({ own: { ...this.snapshot.value.own, ...change } })
    this.#tell()
  }

  /** From the first time on until the end: that nothing is wanted any more must arrive as surely as that something is. */
  #tell(): void {
    if (this.#closed) return
    this.options.asides.say(messageBytes({ state: this.snapshot.value.own, number: this.#next() }))
    this.#telling.set(TELL_MS, () => this.#tell())
  }

  /** A page that was loaded again goes on with higher numbers. */
  #next(): number {
    this.#number = Math.max(this.#number + 1, this.options.clock.now())
    return this.#number
  }

  #set(change: Partial<CaptionSnapshot>): void {
    this.snapshot.value = { ...this.snapshot.value, ...change }
  }
}

const isSame = (one: CaptionState, other: CaptionState): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Somebody reads or keeps what the person here says, if they let them. */
export const isAskedFor = ({ own, others }: CaptionSnapshot): boolean =>
  own.keeps || others.some(({ state }) => state.wants || state.keeps)

/** The others whom the server hears now: they have agreed, and somebody reads or keeps what they say. */
export function heardByServer({ own, others }: CaptionSnapshot): readonly Device[] {
  const readers = others.filter(({ state }) => state.wants || state.keeps).map(({ deviceId }) => deviceId)
  const isRead = ({ deviceId, state }: Other) =>
    own.wants || own.keeps || state.keeps || readers.some((reader) => reader !== deviceId)
  return others.filter((other) => other.state.speaks === 'server' && isRead(other))
}
