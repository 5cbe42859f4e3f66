import { EvenShare, RoundRobin } from '@beseda/async'
import { type DeviceConnectionSchema, PresenceService } from '@beseda/proto/presence/v1/presence_service'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { ClientSocket } from '../session/client-socket.js'

/** Seconds in which every device is reported again; its lease in the presence service is a little more than twice as long. */
const ROUND_S = 20
/** Devices of one second at least, or all: reporting everybody at once would block a full gateway for a tenth of a second. */
const LEAST = 100
/** Devices of one request. */
const PAGE = 500
/** Changes within this time share a request: in a storm thousands of devices come or go at once. */
const GATHER_MS = 50
const STOP_TIMEOUT_MS = 1_000

type Report = MessageInitShape<typeof DeviceConnectionSchema> & { readonly userId: string; readonly deviceId: string }

/** Reports the devices connected here to the presence service. */
export class ConnectionReports {
  readonly #client: Client<typeof PresenceService>
  readonly #idle = new Map<ClientSocket, boolean>()
  readonly #turns = new RoundRobin(() => this.#idle.keys())
  readonly #share = new EvenShare(ROUND_S, LEAST)
  readonly #timer: NodeJS.Timeout
  /** Changes that are not reported yet; of one device the last. */
  readonly #changes = new Map<string, Report>()
  #gathering: NodeJS.Timeout | undefined

  constructor(
    rpc: Transport,
    private readonly socketsOf: (userId: string) => readonly ClientSocket[],
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#client = createClient(PresenceService, rpc)
    this.#timer = setInterval(() => {
      const due = this.#turns.next(this.#share.tick(this.#idle.size))
      void this.#report(due.map((socket) => this.#stateOf(socket)))
    }, 1_000)
  }

  connected(socket: ClientSocket): void {
    this.#idle.set(socket, false)
    this.#changed(this.#stateOf(socket))
  }

  setIdle(socket: ClientSocket, idle: boolean): void {
    if (!this.#idle.has(socket) || this.#idle.get(socket) === idle) return
    this.#idle.set(socket, idle)
    this.#changed(this.#stateOf(socket))
  }

  disconnected(socket: ClientSocket): void {
    if (!this.#idle.delete(socket)) return
    const { userId, deviceId } = socket
    const isReplaced = this.socketsOf(userId).some((other) => other.deviceId === deviceId)
    if (!isReplaced) this.#changed({ userId, deviceId, gone: true })
  }

  /** Reports everybody as gone. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#gathering)
    const here = [...this.#idle.keys()].map(({ userId, deviceId }) => ({ userId, deviceId, gone: true }))
    await this.#report([...this.#changes.values(), ...here], STOP_TIMEOUT_MS)
  }

  #stateOf(socket: ClientSocket): Report {
    return { userId: socket.userId, deviceId: socket.deviceId, idle: this.#idle.get(socket) ?? false }
  }

  #changed(report: Report): void {
    this.#changes.set(`${report.userId}.${report.deviceId}`, report)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      const reports = [...this.#changes.values()]
      this.#changes.clear()
      void this.#report(reports)
    }, GATHER_MS)
  }

  /** Never rejects. */
  async #report(reports: readonly Report[], timeoutMs?: number): Promise<void> {
    const pages = Array.from({ length: Math.ceil(reports.length / PAGE) }, (_, page) =>
      reports.slice(page * PAGE, (page + 1) * PAGE),
    )
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    await Promise.all(
      pages.map((connections) => this.#client.reportConnections({ connections }, options).catch(this.onFailure)),
    )
  }
}
