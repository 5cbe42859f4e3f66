import { jetstreamManager } from '@nats-io/jetstream'
import { cpuSeconds } from '../net/usage.mjs'

/** Bytes of the platform's own commits beside the text: ids, time, the envelope. */
const ENVELOPE = 150

/**
 * Bare publishes into new streams of the same server, acknowledged like the platform's, `inFlight` at a time. CPU in ms per publish: of the
 * server, and of this process, which publishes.
 * @param {import('@nats-io/transport-node').NatsConnection} bus
 * @param {{ streams: number, inFlight: number, size: number, seconds: number, serverPid: number | undefined }} options
 */
export async function bare(bus, { streams, inFlight, size, seconds, serverPid }) {
  const manager = await jetstreamManager(bus)
  const names = Array.from({ length: streams }, (_, i) => `BENCH_${i}`)
  for (const [i, name] of names.entries()) await manager.streams.add({ name, subjects: [`bench.${i}`] })
  const payload = new Uint8Array(size + ENVELOPE)
  /** Microseconds. @type {number[]} */
  const waits = []
  const cpus = () => [cpuSeconds(serverPid), cpuSeconds(process.pid)]
  const before = cpus()
  const end = performance.now() + seconds * 1000
  const lane = async (/** @type {number} */ i) => {
    while (performance.now() < end) {
      const began = performance.now()
      await bus.request(`bench.${i % streams}`, payload, { timeout: 30_000 })
      waits.push((performance.now() - began) * 1000)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, i) => lane(i)))
  const [server = 0, client = 0] = cpus().map((cpu, i) => ((cpu - (before[i] ?? 0)) * 1000) / waits.length)
  for (const name of names) await manager.streams.delete(name)
  return { waits, rate: waits.length / seconds, cpu: { server, client } }
}
