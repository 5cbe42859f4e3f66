import { follow, headsOf, laneNameOf } from '@beseda/client-protocol'
import {
  ClientFrameSchema,
  type Cursor,
  CursorSchema,
  type ServerFrame,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { toConnectError } from '@beseda/rpc'
import {
  clone,
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { PATIENCE_MS } from '../patience.js'

type Frame = ServerFrame['frame']
export type ServerFrameCase = NonNullable<Frame['case']>
type FrameOf<C extends ServerFrameCase> = Extract<Frame, { case: C }>

/** A client of the WebSocket protocol that checks its promises: no commit missing and none twice in any lane. */
export class Device {
  /** All frames, in order of arrival. */
  readonly frames: Frame[] = []
  readonly cursors = new Map<string, Cursor>()
  /** Texts of the messages seen, by group. */
  readonly texts = new Map<string, string[]>()
  /** Violations of the protocol; a test expects none. */
  readonly complaints: string[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  /** Called with every frame, after it has been checked. */
  onFrame: (frame: Frame) => void = () => undefined
  #end: (code: number, reason: string) => void = () => undefined
  #ended = false
  #waiters: (() => void)[] = []
  #lastId = 0

  private constructor(private readonly socket: WebSocket) {
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) =>
      this.#receive(fromBinary(ServerFrameSchema, new Uint8Array(data as ArrayBuffer)).frame)
    this.closed = new Promise((resolve) => {
      this.#end = (code, reason) => {
        resolve({ code, reason })
        this.#ended = true
        for (const wake of this.#waiters.splice(0)) wake()
      }
      socket.onclose = ({ code, reason }) => this.#end(code, reason)
    })
  }

  /** Opens the socket and sends nothing. */
  static open(url: string, protocol = 'beseda.v1'): Promise<Device> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocol)
    const device = new Device(socket)
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve(device)
      socket.onerror = () => reject(new Error('the socket did not open'))
    })
  }

  /** Opens, sends Hello with the cursors of an earlier connection, and waits until it is live. */
  static async connect(url: string, accessToken: string, before?: Device): Promise<Device> {
    const device = await Device.open(url)
    await device.hello(accessToken, before)
    return device
  }

  /** Sends Hello with the cursors of an earlier connection, and waits until it is live. */
  async hello(accessToken: string, before?: Device): Promise<void> {
    for (const [groupId, cursor] of before?.cursors ?? []) this.cursors.set(groupId, clone(CursorSchema, cursor))
    for (const [groupId, texts] of before?.texts ?? []) this.texts.set(groupId, [...texts])
    this.send({ case: 'hello', value: { accessToken, cursors: [...this.cursors.values()] } })
    await this.next('live')
  }

  send(frame: NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>): void {
    this.socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer> | string): void {
    this.socket.send(bytes)
  }

  async request<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const id = ++this.#lastId
    const payload = toBinary(method.input, create(method.input, request))
    this.send({ case: 'request', value: { id, service: method.parent.typeName, method: method.name, payload } })
    const { value } = await this.next('response', (response) => response.id === id)
    if (value.error) throw toConnectError(value.error)
    return fromBinary(method.output, value.payload)
  }

  /** The first matching frame of a kind, among those received and those to come. */
  async next<C extends ServerFrameCase>(
    wanted: C,
    fits: (value: FrameOf<C>['value']) => boolean = () => true,
  ): Promise<FrameOf<C>> {
    for (let at = 0; ; ) {
      for (; at < this.frames.length; at++) {
        const frame = this.frames[at]
        if (frame?.case === wanted && fits(frame.value as FrameOf<C>['value'])) return frame as FrameOf<C>
      }
      await this.#more(wanted)
    }
  }

  /** Resolves when the texts of a group are as wanted, or at least as many. */
  async sees(groupId: string, count: number): Promise<readonly string[]> {
    while ((this.texts.get(groupId)?.length ?? 0) < count) await this.#more(`${count} messages`)
    return this.texts.get(groupId) ?? []
  }

  close(): void {
    this.socket.close()
  }

  /** Drops the connection as dead, without waiting for the other side. */
  abandon(): void {
    this.socket.onmessage = null
    this.#end(1006, 'abandoned')
    this.socket.close()
  }

  #more(what: string): Promise<void> {
    if (this.#ended) return Promise.reject(new Error(`the connection ended before ${what}`))
    return new Promise((resolve, reject) => {
      const tooLong = () => reject(new Error(`waited ${PATIENCE_MS / 1_000} s for ${what}; came: ${this.#summary()}`))
      const timer = setTimeout(tooLong, PATIENCE_MS)
      this.#waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #summary(): string {
    return this.frames.map((frame) => frame.case ?? '?').join(' ')
  }

  #receive(frame: Frame): void {
    if (frame.case === 'commit') this.#check(frame.value)
    follow(this.cursors, frame)
    if (frame.case === 'commit') this.#read(frame.value)
    this.frames.push(frame)
    this.onFrame(frame)
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Every commit names the previous one of its lane, which must be the last received. */
  #check({ groupId, lane, seq, prevSeq }: FrameOf<'commit'>['value']): void {
    const cursor = this.cursors.get(groupId)
    const name = laneNameOf(lane)
    if (!cursor || !name) {
      this.complaints.push(`a commit of ${groupId}, which this device is not in`)
      return
    }
    const head = headsOf(cursor)[name]
    if (head !== Number(prevSeq)) this.complaints.push(`${name} of ${groupId}: ${seq} after ${head}, not ${prevSeq}`)
  }

  #read({ groupId, commit }: FrameOf<'commit'>['value']): void {
    for (const { body } of fromBinary(CommitSchema, commit).events) {
      if (body.case !== 'messagePosted') continue
      this.texts.set(groupId, [...(this.texts.get(groupId) ?? []), body.value.text])
    }
  }
}
