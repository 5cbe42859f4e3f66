/** Headers of a request on the bus. The gateway sets those of the caller; headers that a client sends never get through. */
export const HEADERS = {
  user: 'Beseda-User',
  device: 'Beseda-Device',
  session: 'Beseda-Session',
  /** Network address of a caller who is not signed in, for rate limits. */
  address: 'Beseda-Address',
  /** Unix ms after which the caller does not wait for the answer any more. */
  deadline: 'Beseda-Deadline',
  /** On an error reply: the Connect code. Its payload is a `beseda.gateway.v1.Error`. */
  error: 'Beseda-Error',
  traceparent: 'traceparent',
  contentType: 'Content-Type',
} as const

export type ContentType = 'application/proto' | 'application/json'
