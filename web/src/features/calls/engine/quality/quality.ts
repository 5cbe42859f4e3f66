/** Limits of one sender towards one other person. */
export interface VideoPlan {
  readonly maxBps: number
  /** Lines of the picture; the width follows. */
  readonly height: number
  readonly fps: number
}

export interface SendPlan {
  /** Always set: audio is never sacrificed. */
  readonly audioBps: number
  /** Undefined: no video is sent, to keep the audio good. */
  readonly camera: VideoPlan | undefined
  readonly screen: VideoPlan | undefined
}

/** Measurements of the path to one other person, each second. */
export interface WayReading {
  /** Share of packets lost on the way there, 0 to 1. */
  readonly loss: number
  readonly rttMs: number
  /** The browser's bandwidth estimate in bits a second; undefined: none. */
  readonly availableBps: number | undefined
}

export interface QualityInput extends WayReading {
  /** People in the call, including this one. */
  readonly people: number
  readonly camera: boolean
  readonly screen: boolean
}

/** State of a path that is kept from second to second. */
export interface WayMemory {
  /** Share of the full video that this path gets, 0 to 1. */
  readonly share: number
  /** Consecutive seconds without trouble. */
  readonly calm: number
  /** Consecutive seconds in which the path was too narrow for any video. */
  readonly starved: number
}

export const FRESH_WAY: WayMemory = { share: 1, calm: 0, starved: 0 }

/** Opus: clear speech at 32 kbit/s; below 24 it becomes dull. */
const AUDIO_BPS = 32_000
const AUDIO_FLOOR_BPS = 24_000
/** RTP, UDP and IP headers of 50 audio packets a second, and repair. */
const OVERHEAD_BPS = 24_000
/** Video below this bitrate is not worth watching. */
const LEAST_VIDEO_BPS = 80_000
const LEAST_SCREEN_BPS = 120_000

/**
 * A mesh sends everything to everybody: the upload is `people - 1` times one path, and the encoder runs as many times. To stay below
 * about 4 Mbit/s (360p to nine people would be 4.1, 720p to two is 3.4), the picture shrinks as people join.
 */
export function fullCamera(people: number): VideoPlan {
  if (people <= 2) return { maxBps: 1_700_000, height: 720, fps: 30 }
  if (people <= 3) return { maxBps: 1_200_000, height: 720, fps: 24 }
  if (people <= 5) return { maxBps: 450_000, height: 360, fps: 20 }
  if (people <= 7) return { maxBps: 250_000, height: 240, fps: 15 }
  return { maxBps: 160_000, height: 180, fps: 12 }
}

/** A screen is mostly text: sharpness matters more than frame rate. */
export function fullScreen(people: number): VideoPlan {
  if (people <= 3) return { maxBps: 2_000_000, height: 1080, fps: 15 }
  if (people <= 5) return { maxBps: 900_000, height: 1080, fps: 8 }
  return { maxBps: 450_000, height: 720, fps: 5 }
}

/** Loss at which the path is considered congested (RFC 8698 and Google's congestion control begin to yield between 2 and 10 %). */
const LOSS_TROUBLE = 0.06
const RTT_TROUBLE_MS = 700
/** Seconds without loss before a path gets more video: an unstable path must not make the picture flicker. */
const CALM_SECONDS = 5
const DOWN = 0.6
const UP = 1.25
const LEAST_SHARE = 0.04

/** The browser's bandwidth estimate cannot rise while only audio is sent: after this time the smallest picture is sent for a while, as a probe. */
const STARVED_SECONDS = 15
const TRY_SECONDS = 5

/** Decreases at once, increases slowly. */
export function remember(
  { share, calm, starved: before }: WayMemory,
  { loss, rttMs, availableBps }: WayReading,
): WayMemory {
  const narrow = availableBps !== undefined && availableBps < AUDIO_FLOOR_BPS + OVERHEAD_BPS + LEAST_VIDEO_BPS
  const starved = narrow ? (before + 1) % (STARVED_SECONDS + TRY_SECONDS) : 0
  if (loss > LOSS_TROUBLE || rttMs > RTT_TROUBLE_MS)
    return { share: Math.max(LEAST_SHARE, share * DOWN), calm: 0, starved: 0 }
  if (calm + 1 < CALM_SECONDS) return { share, calm: calm + 1, starved }
  return { share: Math.min(1, share * UP), calm: 0, starved }
}

/** What to send on one path now. */
export function planOf(input: QualityInput, { share, starved }: WayMemory): SendPlan {
  const { people, camera, screen, availableBps } = input
  const audioBps = availableBps === undefined || availableBps > 4 * AUDIO_BPS ? AUDIO_BPS : AUDIO_FLOOR_BPS
  let left = Math.max(0, (availableBps ?? Number.POSITIVE_INFINITY) - audioBps - OVERHEAD_BPS)
  const take = (full: VideoPlan, least: number, budget: number): VideoPlan | undefined => {
    const maxBps = Math.floor(Math.min(full.maxBps * share, budget))
    if (maxBps < least) return undefined
    left -= maxBps
    return shrunk(full, maxBps)
  }
  // A shared screen is what people watch; the camera gets a third of the bandwidth.
  const screenPlan = screen ? take(fullScreen(people), LEAST_SCREEN_BPS, camera ? (left * 2) / 3 : left) : undefined
  const budget = starved >= STARVED_SECONDS ? Math.max(left, LEAST_VIDEO_BPS) : left
  const cameraPlan = camera ? take(fullCamera(people), LEAST_VIDEO_BPS, budget) : undefined
  return { audioBps, camera: cameraPlan, screen: screenPlan }
}

/** A smaller picture for fewer bits: lines scale with the square root, then frames. */
function shrunk(full: VideoPlan, maxBps: number): VideoPlan {
  const part = maxBps / full.maxBps
  if (part >= 0.75) return { ...full, maxBps }
  const height = Math.max(90, Math.round((full.height * Math.sqrt(part)) / 2) * 2)
  return { maxBps, height, fps: part < 0.3 ? Math.max(5, Math.round(full.fps / 2)) : full.fps }
}
