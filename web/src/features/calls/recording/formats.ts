/** How often the recorder gives a piece. Longer: a crash loses more; shorter: more requests, and files grow by their headers. */
export const PIECE_MS = 2_000

/** The best first. H.264 plays everywhere, but not every browser records it; WebM is what is left, and has no length in its header. */
const FILMS = [
  'video/mp4;codecs=avc1.42E01E,mp4a.40.2',
  'video/mp4;codecs=vp9,opus',
  'video/webm;codecs=vp9,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm',
]
const SOUNDS = ['audio/mp4;codecs=mp4a.40.2', 'audio/mp4;codecs=opus', 'audio/webm;codecs=opus', 'audio/webm']

/** Undefined: this browser cannot record. */
export const formatOf = (soundOnly: boolean): string | undefined =>
  typeof MediaRecorder === 'undefined'
    ? undefined
    : (soundOnly ? SOUNDS : FILMS).find((format) => MediaRecorder.isTypeSupported(format))

/** A megabit a second is 450 MB in an hour. */
const PICTURE_BITS = 1_000_000
const SOUND_BITS = 64_000

/** Without a key picture every two seconds, an MP4 file is written in pieces of seven. */
export const optionsOf = (
  mimeType: string,
): MediaRecorderOptions & { readonly videoKeyFrameIntervalDuration: number } => ({
  mimeType,
  audioBitsPerSecond: SOUND_BITS,
  videoBitsPerSecond: PICTURE_BITS,
  videoKeyFrameIntervalDuration: PIECE_MS,
})
