import { type ShallowRef, shallowRef } from 'vue'
import type { CaptionExchange, CaptionLine } from './exchange.js'

/** The transcript that this device keeps, until it is posted. */
export class OwnTranscript {
  readonly posting: ShallowRef<boolean> = shallowRef(false)

  /** `post`: errors leave the transcript where it is. */
  constructor(
    private readonly exchange: CaptionExchange,
    private readonly post: (lines: readonly CaptionLine[]) => Promise<void>,
  ) {}

  /** It is kept, or is over and not posted yet. */
  get exists(): boolean {
    const { own, transcript } = this.exchange.snapshot.value
    return own.keeps || transcript.length > 0
  }

  begin(): void {
    this.exchange.setKeeps(true)
  }

  /** Ends it, and posts it. After an error it can be posted again. */
  async end(): Promise<void> {
    if (this.posting.value || !this.exists) return
    this.posting.value = true
    try {
      await this.post(this.exchange.setKeeps(false))
      this.exchange.dropTranscript()
    } finally {
      this.posting.value = false
    }
  }
}
