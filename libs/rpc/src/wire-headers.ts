import type { Msg, MsgHdrs } from '@nats-io/nats-core'
import type { MsgImpl } from '@nats-io/nats-core/internal'

const NONE: ReadonlyMap<string, string> = new Map()
const LINE_BREAK = /[\r\n]/

/**
 * Headers for a message to publish. The NATS client only reads their bytes; its own header class costs a request more than its payload
 * does. Errors: an Error for a value with a line break, which could smuggle in another header.
 */
export function wireHeaders(values: Readonly<Record<string, string | undefined>>): MsgHdrs {
  let text = 'NATS/1.0\r\n'
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (LINE_BREAK.test(value)) throw new Error(`line break in header ${name}`)
    text += `${name}: ${value}\r\n`
  }
  const bytes = Buffer.from(`${text}\r\n`)
  return { encode: () => bytes } as Pick<MsgHdrs, never> as MsgHdrs
}

/** The headers of a received message; names keep their spelling. */
export function headersOf(message: Msg): ReadonlyMap<string, string> {
  const { _msg, _rdata } = message as MsgImpl
  if (_msg.hdr <= 0) return NONE
  const text = Buffer.from(_rdata.buffer, _rdata.byteOffset, _msg.hdr).toString()
  const headers = new Map<string, string>()
  for (let from = text.indexOf('\r\n') + 2; ; ) {
    const end = text.indexOf('\r\n', from)
    const colon = text.indexOf(':', from)
    if (end <= from || colon < 0) return headers
    headers.set(text.slice(from, colon), text.slice(colon + 1, end).trim())
    from = end + 2
  }
}
