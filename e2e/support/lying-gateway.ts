import { ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Page } from 'playwright-core'

const OTHER = Array(32).fill('AB').join(':')

/** A gateway that places itself between this page and the others: descriptions for the page have the fingerprint of another certificate. */
export async function swapFingerprints(page: Page): Promise<void> {
  await page.routeWebSocket('**/ws', (socket) => {
    const server = socket.connectToServer()
    server.onMessage((message) => socket.send(typeof message === 'string' ? message : swapped(message)))
  })
}

function swapped(message: Buffer): Buffer {
  const { frame } = fromBinary(ServerFrameSchema, message)
  const signal = frame.case === 'signal' ? frame.value.signal?.signal : undefined
  if (signal?.case !== 'description') return message
  signal.value.sdp = signal.value.sdp.replace(/(a=fingerprint:sha-256 )\S+/g, `$1${OTHER}`)
  return Buffer.from(toBinary(ServerFrameSchema, { $typeName: 'beseda.gateway.v1.ServerFrame', frame }))
}
