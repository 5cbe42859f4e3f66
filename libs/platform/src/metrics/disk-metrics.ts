import { statfs } from 'node:fs/promises'
import { Gauge, type Registry } from 'prom-client'

/** How much room the views of a process have. A view whose disk is full waits, and its process is not ready. */
export function observeDisk(registry: Registry, folder: string): void {
  const registers = [registry]
  const size = new Gauge({ name: 'beseda_view_disk_bytes', help: 'Size of the disk that has the views.', registers })
  new Gauge({
    name: 'beseda_view_disk_free_bytes',
    help: 'Bytes of that disk that views can still use.',
    registers,
    async collect() {
      const { blocks, bavail, bsize } = await statfs(folder)
      size.set(blocks * bsize)
      this.set(bavail * bsize)
    },
  })
}
