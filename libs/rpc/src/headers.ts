/** Headers of a request on the bus. The gateway stamps the actor's; a client's own never get through. */
export const HEADERS = {
  user: 'Beseda-User',
  device: 'Beseda-Device',
  session: 'Beseda-Session',
  /** Address of an anonymous caller, for throttling. */
  address: 'Beseda-Address',
  /** Unix milliseconds after which nobody waits for the answer. */
  deadline: 'Beseda-Deadline',
  /** On a failed reply: the Connect code. The payload then is a `beseda.gateway.v1.Error`. */
  error: 'Beseda-Error',
  traceparent: 'traceparent',
  contentType: 'Content-Type',
} as const

export type ContentType = 'application/proto' | 'application/json'
