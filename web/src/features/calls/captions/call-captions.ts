import { effectScope, type ShallowRef, shallowRef, watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { useI18n } from '../../../i18n/index.js'
import { captions } from '../../../net/clients/captions.js'
import { reasonOf } from '../../../net/errors.js'
import { systemClock } from '../../../time/clock.js'
import type { ActiveCall } from '../active-call.js'
import { captionChoice } from './choice.js'
import { browserEngine } from './engines/browser-engine.js'
import type { CaptionEngine } from './engines/port.js'
import { serverEngine } from './engines/server-engine.js'
import { CaptionExchange, type CaptionLine, isAskedFor } from './exchange.js'
import { OwnCaptions } from './own-captions.js'
import { OwnTranscript } from './own-transcript.js'
import { postTranscript } from './post-transcript.js'
import { listen } from './speech/listen.js'
import { TranscriptCopy } from './transcript-copy.js'

/** The captions of a call on this device: what is exchanged with the others, and the engine for what is said here. */
export class CallCaptions {
  readonly exchange: CaptionExchange
  /** The engine that this device has; undefined: none. */
  readonly engine: ShallowRef<CaptionEngine | undefined> = shallowRef()
  /** Whether it is known what engine there is. */
  readonly looked = shallowRef(false)
  readonly own: OwnCaptions
  readonly transcript: OwnTranscript
  readonly failed = shallowRef(false)
  readonly #scope = effectScope(true)
  readonly #copy: TranscriptCopy

  constructor(
    readonly active: ActiveCall,
    readonly use: {
      readonly post: (groupId: string, lines: readonly CaptionLine[], id: string) => Promise<void>
      readonly ownEngine: typeof browserEngine
    } = { post: postTranscript, ownEngine: browserEngine },
  ) {
    this.exchange = new CaptionExchange({ me: active.me, clock: systemClock, asides: active.asides })
    const { groupId } = active.call
    const copy = new TranscriptCopy(groupId, active.me.userId)
    this.#copy = copy
    this.transcript = new OwnTranscript(this.exchange, async (lines) => {
      const { id } = copy
      await use.post(groupId, lines, id)
      // Storage may hang: another one can be begun, and posted, all the same.
      void copy.drop(id).catch(handled('calls.captions'))
    })
    this.own = new OwnCaptions({
      say: (said) => this.exchange.say(said),
      onFailed: (error) => {
        handled('calls.captions')(error)
        this.failed.value = true
        this.exchange.setSpeaks('undecided')
      },
    })
    void this.#look()
    this.#scope.run(() => {
      watch(active.snapshot, (room) => this.exchange.present(room.people.filter(({ link }) => link === 'connected')), {
        immediate: true,
      })
      const written = () => this.exchange.snapshot.value.transcript
      watch(written, (lines) => copy.follow(lines), { flush: 'sync' })
      watch([active.snapshot, this.exchange.snapshot, this.engine, captionChoice], () => this.#follow(), {
        immediate: true,
      })
    })
  }

  /** The language that is spoken here. */
  get language(): string {
    return captionChoice.value.language || useI18n().locale.value
  }

  /** The person agrees that what they say is made into text, by the engine that there is. */
  agree(): void {
    this.failed.value = false
    if (this.engine.value) this.exchange.setSpeaks(this.engine.value.kind)
  }

  /** Whoever hangs up while they keep a transcript has it posted. Of a page or a session that ends without that, the next one posts it. */
  close(): void {
    this.#scope.stop()
    this.own.close()
    this.exchange.close()
    void this.transcript.end().catch((error: unknown) => {
      handled('calls.captions')(error)
      this.#copy.leave()
    })
  }

  /** The device's own recogniser goes before the server's: nobody else hears. */
  async #look(): Promise<void> {
    const { active, use } = this
    const parts = { clock: systemClock, api: captions, reasonOf, token: () => active.token, listen }
    this.engine.value =
      (await use.ownEngine(this.language)) ?? (await serverEngine(parts).catch(handled('calls.captions')))
    this.looked.value = true
  }

  #follow(): void {
    const { value: snapshot } = this.exchange.snapshot
    const [engine, track] = [this.engine.value, this.active.microphone]
    const speaks = engine !== undefined && snapshot.own.speaks === engine.kind && isAskedFor(snapshot)
    this.own.follow(speaks && track ? { engine, track, language: this.language } : undefined)
  }
}
