import { createInterface } from 'node:readline'

/** Tells the parent the port, and publishes every line that it sends. @param {number} port @param {(bytes: Buffer) => void} publish */
export function serve(port, publish) {
  process.stdout.write(`${port}\n`)
  createInterface({ input: process.stdin })
    .on('line', (line) => publish(Buffer.from(line)))
    .on('close', () => process.exit(0))
}
