/** Most bytes that wait for one socket in one room while it is brought up. Frames are shared by all sockets of the room. */
const MAX_BYTES = 4 * 1024 * 1024

/** Live frames that wait while a socket still reads what it has missed. */
export class Backlog {
  frames: Uint8Array[] = []
  overrun = false
  #bytes = 0

  push(frame: Uint8Array): void {
    this.#bytes += frame.length
    if (this.#bytes > MAX_BYTES) {
      this.overrun = true
      this.frames = []
    } else this.frames.push(frame)
  }

  /** Takes the waiting frames out; then there is room for as many again. */
  take(): readonly Uint8Array[] {
    const { frames } = this
    this.frames = []
    if (!this.overrun) this.#bytes = 0
    return frames
  }
}
