import { createInterface } from 'node:readline'

/** Reports the port to the parent, and publishes every line that it receives. @param {number} port @param {(bytes: Buffer) => void} publish */
export function serve(port, publish) {
  process.stdout.write(`${port}\n`)
  createInterface({ input: process.stdin })
    .on('line', (line) => publish(Buffer.from(line)))
    .on('close', () => process.exit(0))
}
