import { laneOf } from '@beseda/proto'
import { ClientFrameSchema, CursorSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { nameOf, Refused } from './api.mjs'

const TIMEOUT_MS = 15_000

/** @type {ReadonlyMap<import('@beseda/proto/log/v1/commit').Lane, 'groupSeq' | 'rosterSeq' | 'messagesSeq' | 'callsSeq'>} */
const FIELDS = new Map([
  [laneOf('group'), 'groupSeq'],
  [laneOf('roster'), 'rosterSeq'],
  [laneOf('messages'), 'messagesSeq'],
  [laneOf('calls'), 'callsSeq'],
])

/** Events of a socket. */
/** @typedef {{ onMessage(message: import('@beseda/proto/group/v1/events').MessagePosted, seq: bigint, index: number): void, onPresence(userId: string): void, onCall(participants: number): void, onClose(code: number): void }} Observer */

/** One device on the WebSocket protocol `beseda.v1` (docs/protocol.md): the part that a campaign needs. It resumes by its cursors. */
export class Socket {
  /** @type {WebSocket | undefined} */
  #socket
  #lastId = 0
  /** @type {Map<number, PromiseWithResolvers<Uint8Array>>} */
  #open = new Map()
  #live = Promise.withResolvers()
  /** @type {NodeJS.Timeout | undefined} */
  #ping
  /** @type {Map<string, import('@beseda/proto/gateway/v1/frames').Cursor>} */
  #cursors = new Map()

  /** @param {string} target HTTP address of a gateway @param {Observer} observer */
  constructor(target, observer) {
    this.observer = observer
    this.url = new URL('/ws', target)
    this.url.protocol = this.url.protocol.replace('http', 'ws')
  }

  /** Sends Hello with its cursors and resolves when the connection is live. @param {string} accessToken */
  async join(accessToken) {
    const socket = new WebSocket(this.url, 'beseda.v1')
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#live = Promise.withResolvers()
    this.#live.promise.catch(() => {})
    socket.onopen = () => this.send({ case: 'hello', value: { accessToken, cursors: [...this.#cursors.values()] } })
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(fromBinary(ServerFrameSchema, new Uint8Array(data)).frame)
    }
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code)
    }
    await within(this.#live.promise, 'Hello.timeout')
  }

  /** Drops the connection and opens another one. @param {string} accessToken */
  async resume(accessToken) {
    const old = this.#socket
    this.#socket = undefined
    clearInterval(this.#ping)
    old?.close(3000)
    await this.join(accessToken)
  }

  /**
   * @template {import('@bufbuild/protobuf').DescMessage} I
   * @template {import('@bufbuild/protobuf').DescMessage} O
   * @param {import('@bufbuild/protobuf').DescMethodUnary<I, O>} method
   * @param {import('@bufbuild/protobuf').MessageInitShape<I>} request
   * @returns {Promise<import('@bufbuild/protobuf').MessageShape<O>>}
   */
  async request(method, request) {
    const id = ++this.#lastId
    /** @type {PromiseWithResolvers<Uint8Array>} */
    const answer = Promise.withResolvers()
    this.#open.set(id, answer)
    const payload = toBinary(method.input, create(method.input, request))
    this.send({ case: 'request', value: { id, service: method.parent.typeName, method: method.name, payload } })
    try {
      return fromBinary(method.output, await within(answer.promise, `${method.name}.timeout`))
    } finally {
      this.#open.delete(id)
    }
  }

  close() {
    this.#socket?.close(1000)
  }

  /** @param {import('@bufbuild/protobuf').MessageInitShape<typeof ClientFrameSchema>['frame']} frame */
  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
    }
  }

  /** @param {import('@beseda/proto/gateway/v1/frames').ServerFrame['frame']} frame */
  #receive(frame) {
    switch (frame.case) {
      case 'ready':
        for (const head of frame.value.heads)
          if (!this.#cursors.has(head.groupId)) this.#cursors.set(head.groupId, head)
        this.#ping = setInterval(() => this.send({ case: 'ping', value: {} }), frame.value.pingIntervalMs)
        break
      case 'live':
        this.#live.resolve(undefined)
        break
      case 'snapshotRequired':
      case 'groupJoined':
        if (frame.value.head) this.#cursors.set(frame.value.head.groupId, frame.value.head)
        break
      case 'response':
        this.#answered(frame.value)
        break
      case 'commit':
        this.#commit(frame.value)
        break
      case 'presence':
        this.observer.onPresence(frame.value.userId)
        break
      case 'callChanged':
        this.observer.onCall(frame.value.call?.participants.length ?? 0)
        break
    }
  }

  /** @param {import('@beseda/proto/gateway/v1/frames').Response} response */
  #answered({ id, payload, error }) {
    if (error) this.#open.get(id)?.reject(new Refused(nameOf(error.info?.reason), error.info?.retryAfterMs))
    else this.#open.get(id)?.resolve(payload)
  }

  /** @param {import('@beseda/proto/gateway/v1/frames').Commit} commit */
  #commit({ groupId, lane, seq, epoch, commit }) {
    const field = FIELDS.get(lane)
    const cursor = this.#cursors.get(groupId) ?? create(CursorSchema, { groupId, epoch })
    this.#cursors.set(groupId, cursor)
    if (field) cursor[field] = seq
    for (const [index, { body }] of fromBinary(CommitSchema, commit).events.entries()) {
      if (body.case === 'messagePosted') this.observer.onMessage(body.value, seq, index)
    }
  }

  /** @param {number} code */
  #closed(code) {
    clearInterval(this.#ping)
    const error = new Refused(`closed_${code}`)
    this.#live.reject(error)
    for (const { reject } of this.#open.values()) reject(error)
    this.observer.onClose(code)
  }
}

/** @template T @param {Promise<T>} promise @param {string} code @returns {Promise<T>} */
async function within(promise, code) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Refused(code)), TIMEOUT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
