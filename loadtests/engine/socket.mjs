import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { nameOf, Refused } from './api.mjs'

const TIMEOUT_MS = 15_000

/** One device on the WebSocket protocol `beseda.v1` (docs/protocol.md): as much of it as talking needs. */
export class Socket {
  #socket
  #lastId = 0
  /** @type {Map<number, PromiseWithResolvers<Uint8Array>>} */
  #open = new Map()
  #live = Promise.withResolvers()
  /** @type {NodeJS.Timeout | undefined} */
  #ping

  /**
   * @param {string} target HTTP address of a gateway
   * @param {{ onMessage(id: string): void, onClose(code: number): void }} observer
   */
  constructor(target, observer) {
    this.observer = observer
    const url = new URL('/ws', target)
    url.protocol = url.protocol.replace('http', 'ws')
    this.#socket = new WebSocket(url, 'beseda.v1')
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.onmessage = ({ data }) => this.#receive(fromBinary(ServerFrameSchema, new Uint8Array(data)).frame)
    this.#socket.onclose = ({ code }) => this.#closed(code)
    this.#live.promise.catch(() => {})
  }

  /** Says Hello and resolves when what follows is live. @param {string} accessToken */
  async join(accessToken) {
    this.#socket.onopen = () => this.#send({ case: 'hello', value: { accessToken } })
    await within(this.#live.promise, 'Hello.timeout')
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
    this.#send({ case: 'request', value: { id, service: method.parent.typeName, method: method.name, payload } })
    try {
      return fromBinary(method.output, await within(answer.promise, `${method.name}.timeout`))
    } finally {
      this.#open.delete(id)
    }
  }

  close() {
    this.#socket.close(1000)
  }

  /** @param {import('@beseda/proto/gateway/v1/frames').ServerFrame['frame']} frame */
  #receive(frame) {
    if (frame.case === 'ready') {
      this.#ping = setInterval(() => this.#send({ case: 'ping', value: {} }), frame.value.pingIntervalMs)
    } else if (frame.case === 'live') {
      this.#live.resolve(undefined)
    } else if (frame.case === 'response') {
      const { id, payload, error } = frame.value
      if (error) this.#open.get(id)?.reject(new Refused(nameOf(error.info?.reason), error.info?.retryAfterMs))
      else this.#open.get(id)?.resolve(payload)
    } else if (frame.case === 'commit') {
      for (const { body } of fromBinary(CommitSchema, frame.value.commit).events) {
        if (body.case === 'messagePosted') this.observer.onMessage(body.value.messageId)
      }
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

  /** @param {import('@bufbuild/protobuf').MessageInitShape<typeof ClientFrameSchema>['frame']} frame */
  #send(frame) {
    this.#socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
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
