import { CallService } from '@beseda/proto/call/v1/call_service'
import { ClientFrameSchema, CursorSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema, Lane } from '@beseda/proto/log/v1/commit'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  type MessageInitShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { ME, PEOPLE, type Room } from './room.js'

export const GROUP_ID = '00000003-0000-7000-8000-000000000001'
const EPOCH = 'bench'
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#2b6f77"/><path d="M0 300 Q150 220 300 300 T600 280 V400 H0Z" fill="#123"/><circle cx="450" cy="110" r="50" fill="#f0c060"/></svg>'
const services = [CallService, GroupService, IdentityService, MembershipService, PresenceService]

type Frame = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>

/** A gateway inside the page: answers the client over a fake socket and fake HTTP, without a server. */
export class GatewayInPage {
  #socket: { onmessage: ((event: { data: ArrayBuffer }) => void) | null } | undefined

  constructor(private readonly room: Room) {}

  install(): void {
    const { WebSocket: Real } = window
    const handle = (socket: NonNullable<typeof this.attached>, bytes: Uint8Array) => this.#hear(socket, bytes)
    window.WebSocket = class {
      static readonly OPEN = Real.OPEN
      readonly readyState = Real.OPEN
      onopen: (() => void) | null = null
      onmessage: ((event: { data: ArrayBuffer }) => void) | null = null
      onclose: ((event: { code: number }) => void) | null = null
      constructor() {
        setTimeout(() => this.onopen?.())
      }
      send(bytes: Uint8Array): void {
        setTimeout(() => handle(this, bytes))
      }
      close(): void {
        this.onclose?.({ code: 1000 })
      }
    } as unknown as typeof WebSocket
    const real = window.fetch.bind(window)
    window.fetch = async (input, init) => {
      const [, service = '', method = ''] = /\/api\/([\w.]+)\/(\w+)$/.exec(String(input)) ?? []
      if (String(input).startsWith('/api/files/'))
        return new Response(PICTURE, { headers: { 'Content-Type': 'image/svg+xml' } })
      if (service === '') return real(input, init)
      const answer = this.#answer(service, method, (input) => fromJson(input, JSON.parse(String(init?.body ?? '{}'))))
      return answer ? Response.json(toJson(answer.schema, answer.message)) : new Response('{}', { status: 404 })
    }
  }

  /** The socket that `install` creates. */
  get attached() {
    return this.#socket
  }

  /** Adds a message by another person. */
  say(): void {
    const { id, authorId, text, seq, sentAt } = this.room.next()
    const body = {
      case: 'messagePosted' as const,
      value: create(MessagePostedSchema, { messageId: id, authorId, text }),
    }
    const commit = create(CommitSchema, {
      id,
      ...(sentAt ? { time: sentAt } : {}),
      events: [{ actorId: authorId, body }],
    })
    const bytes = toBinary(CommitSchema, commit)
    const place = { groupId: GROUP_ID, lane: Lane.MESSAGES, epoch: EPOCH, seq, prevSeq: seq - 1n }
    this.#say({ case: 'commit', value: { ...place, commit: bytes } })
  }

  #say(frame: Frame): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }))
    this.#socket?.onmessage?.({
      data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    })
  }

  #hear(socket: NonNullable<typeof this.attached>, bytes: Uint8Array): void {
    this.#socket = socket
    const { frame } = fromBinary(ClientFrameSchema, bytes)
    if (frame.case === 'ping') this.#say({ case: 'pong', value: {} })
    if (frame.case === 'hello') {
      const head = create(CursorSchema, {
        groupId: GROUP_ID,
        epoch: EPOCH,
        messagesSeq: BigInt(this.room.head),
        rosterSeq: 1n,
      })
      this.#say({ case: 'ready', value: { userId: ME, pingIntervalMs: 20_000, heads: [head] } })
      this.#say({ case: 'snapshotRequired', value: { head } })
      this.#say({ case: 'live', value: {} })
    }
    if (frame.case !== 'request') return
    const { id, service, method, payload } = frame.value
    const answer = this.#answer(service, method, (input) => fromBinary(input, payload))
    this.#say({
      case: 'response',
      value: answer
        ? { id, payload: toBinary(answer.schema, answer.message) }
        : { id, error: { code: 'unimplemented', message: method } },
    })
  }

  #answer(typeName: string, name: string, _request: (schema: DescMessage) => unknown) {
    const method = services.find((service) => service.typeName === typeName)?.methods.find((one) => one.name === name)
    if (!method) return undefined
    const schema: DescMessage = method.output
    return { schema, message: create(schema, this.#contents(name)) }
  }

  #contents(name: string): Record<string, unknown> {
    const { room } = this
    const users = [{ id: ME, name: 'Bench' }, ...PEOPLE].map((person) => ({
      id: person.id,
      username: person.id.slice(-3),
      displayName: person.name,
    }))
    switch (name) {
      case 'GetMe':
        return { me: { user: users[0], locale: 'en' } }
      case 'GetUsers':
        return { users }
      case 'ListMyGroups':
        return {
          groups: [
            {
              groupId: GROUP_ID,
              kind: room.kind,
              name: 'Benchmark',
              role: room.role,
              memberCount: users.length,
              lastMessageSeq: BigInt(room.head),
            },
          ],
        }
      case 'ListReadStates':
        return {
          states: [
            {
              groupId: GROUP_ID,
              readSeq: BigInt(room.head - room.unread),
              unread: room.unread,
              messagesSeq: BigInt(room.head),
            },
          ],
        }
      case 'MarkRead':
        return { state: { groupId: GROUP_ID, readSeq: BigInt(room.head), messagesSeq: BigInt(room.head) } }
      case 'ListMembers':
        return { members: users.map(({ id }) => ({ userId: id, role: room.role })) }
      case 'ListMessages':
        return { messages: room.messages }
      default:
        return {}
    }
  }
}
