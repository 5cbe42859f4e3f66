import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A way to the installation that can be closed, as when the network goes. A browser keeps what it stores by address: whoever comes through
 * a door of their own has a storage of their own.
 */
export class Door {
  #server: Server | undefined
  /** The same one after each time that it was shut. */
  #port = 0
  readonly #sockets = new Set<Socket>()

  private constructor(private readonly target: number) {}

  static async to(url: string): Promise<Door> {
    const door = new Door(Number(new URL(url).port))
    await door.openAgain()
    return door
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Nothing passes any more, and what passed is cut. */
  async shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async openAgain(): Promise<void> {
    const server = createServer((socket) => {
      const onwards = connect(this.target, '127.0.0.1')
      socket.pipe(onwards).pipe(socket)
      for (const end of [socket, onwards]) {
        this.#sockets.add(end)
        end.on('close', () => this.#sockets.delete(end))
        end.on('error', () => [socket, onwards].map((both) => both.destroy()))
      }
    })
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as { port: number }).port
    this.#server = server
  }
}
