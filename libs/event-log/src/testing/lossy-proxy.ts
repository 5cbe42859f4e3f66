import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy in front of a NATS server that can drop one answer (MSG or HMSG) on its way to the client. */
export async function lossyProxy(target: number) {
  let armed = false
  let swallowed = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      if (armed && /^H?MSG /.test(text)) {
        armed = false
        swallowed++
        return
      }
      client.write(chunk)
    })
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    get swallowed() {
      return swallowed
    },
    swallowNextAnswer: () => {
      armed = true
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
