import { jetstreamManager } from '@nats-io/jetstream'

/** Of one answer, in ms: a server deletes a stream of millions before it answers. */
const ANSWER_MS = 60_000

/** Manages the streams of the log as an operator does, who can wait. @param {import('@nats-io/transport-node').NatsConnection} nc */
export const managerOf = (nc) => jetstreamManager(nc, { timeout: ANSWER_MS })
