/** The person's own microphone and camera. Both tracks always exist, so that switching never needs a new negotiation. */
export class LocalMedia {
  #camera: MediaStreamTrack | undefined

  private constructor(
    readonly stream: MediaStream,
    private readonly audio: MediaStreamTrack,
    private readonly dark: MediaStreamTrack,
  ) {}

  /** Errors: those of getUserMedia when there is no microphone. A missing camera is only a camera that is off. */
  static async open(video: boolean): Promise<LocalMedia> {
    const { mediaDevices } = navigator
    const microphone = await mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    })
    const [audio] = microphone.getAudioTracks()
    if (!audio) throw new Error('no microphone')
    const dark = darkTrack()
    const media = new LocalMedia(new MediaStream([audio, dark]), audio, dark)
    if (video) await media.setCamera(true).catch(() => undefined)
    return media
  }

  get video(): MediaStreamTrack {
    return this.#camera ?? this.dark
  }

  get cameraOn(): boolean {
    return this.#camera !== undefined
  }

  get microphoneOn(): boolean {
    return this.audio.enabled
  }

  setMicrophone(on: boolean): void {
    this.audio.enabled = on
  }

  /** Opens or closes the camera: the light goes out when it is off. */
  async setCamera(on: boolean): Promise<{ before: MediaStreamTrack; after: MediaStreamTrack }> {
    const before = this.video
    if (on && !this.#camera) {
      const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { max: 30 } }
      const [camera] = (await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks()
      this.#camera = camera
    } else if (!on) {
      this.#camera?.stop()
      this.#camera = undefined
    }
    if (before !== this.video) {
      this.stream.removeTrack(before)
      this.stream.addTrack(this.video)
    }
    return { before, after: this.video }
  }

  close(): void {
    for (const track of [this.audio, this.dark, this.#camera]) track?.stop()
  }
}

/** A black picture in place of the camera. */
function darkTrack(): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = 16
  canvas.height = 16
  canvas.getContext('2d')?.fillRect(0, 0, 16, 16)
  const [track] = canvas.captureStream(1).getVideoTracks()
  if (!track) throw new Error('this browser cannot make a picture')
  return track
}
