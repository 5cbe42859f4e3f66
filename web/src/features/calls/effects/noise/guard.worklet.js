/**
 * Lets the suppressor's sound through (input 1), and the raw sound (input 0) while the suppressor gives nothing: before it has begun, and for
 * good after it has been silent for half a second while sound went in. It decides where the sound is, because timers of a hidden page are late.
 * Says `on` when the suppressor has begun, and `cut` when it was given up. A message to its port ends it.
 */
/** Louder is sound: -80 dBFS, less than any microphone hears in a silent room. */
const SOUND = 1e-4
/** Longer: whole words are lost; shorter: a suppressor that holds back one loud frame is given up. */
const SILENT_S = 0.5
/** The suppressor is compiled: tenths of a second, seconds on a busy phone. The raw sound is heard meanwhile. */
const BEGINS_S = 10

const holds = (samples, least) => samples?.some((sample) => Math.abs(sample) > least) ?? false

class Guard extends AudioWorkletProcessor {
  state = 'waiting'
  silent = 0
  open = true

  constructor() {
    super()
    this.port.onmessage = () => {
      this.open = false
    }
  }

  process([[raw] = [], [suppressed] = []], [[out] = []]) {
    if (!out) return this.open
    this.judge(holds(raw, SOUND), holds(suppressed, 0))
    const chosen = this.state === 'on' ? suppressed : raw
    if (chosen) out.set(chosen)
    return this.open
  }

  judge(goesIn, comesOut) {
    if (this.state === 'cut') return
    if (comesOut) {
      this.silent = 0
      if (this.state === 'waiting') this.become('on')
    } else if (goesIn) this.silent += 128 / sampleRate
    if (this.silent > (this.state === 'on' ? SILENT_S : BEGINS_S)) this.become('cut')
  }

  become(state) {
    this.state = state
    this.port.postMessage(state)
  }
}

registerProcessor('beseda/guard', Guard)
