/** A clock that a hidden page does not slow down. Takes the time between two ticks, in ms. */
self.onmessage = ({ data: ms }: MessageEvent<number>) => {
  setInterval(() => self.postMessage(undefined), ms)
}
