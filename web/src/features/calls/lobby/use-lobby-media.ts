import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { ChosenEffects } from '../effects/chosen-effects.js'
import { chosenDevices, type DeviceKind, listDevices, NO_DEVICES } from '../media/devices.js'
import { Meter, meterShare } from '../media/meter.js'
import { type OwnDevice, type Trouble, troubleKey } from '../media/open-device.js'
import { OwnMedia } from '../media/own-media.js'
import { watchDevices } from '../media/watch-devices.js'

/** The person's microphone and camera before a call: what is shown is what is open, whatever is plugged in or allowed meanwhile. */
export function useLobbyMedia(video: boolean) {
  const media = new OwnMedia(chosenDevices.value, new ChosenEffects())
  const listening = new AbortController()
  const devices = shallowRef(NO_DEVICES)
  const camera = shallowRef<MediaStream>()
  const microphone = ref(false)
  const troubles = shallowRef<readonly { device: OwnDevice; trouble: Trouble }[]>([])
  /** A device that was chosen and cannot be used; another one is in use. */
  const refused = ref(false)
  const loudness = ref(0)
  let meter: Meter | undefined
  let frame = 0
  let handedOver = false

  /** Shows what is open now. */
  function look(): void {
    const track = media.works('camera') ? media.track('camera') : null
    if (camera.value?.getTracks()[0] !== (track ?? undefined))
      camera.value = track ? new MediaStream([track]) : undefined
    microphone.value = media.microphoneOn && media.works('microphone')
    troubles.value = (['microphone', 'camera'] as const).flatMap((device) => {
      const trouble = media.troubleOf(device)
      return trouble ? [{ device, trouble }] : []
    })
  }
  media.events = {
    onTrack: (slot, track) => {
      if (slot === 'microphone') {
        meter?.close()
        meter = track ? new Meter(track) : undefined
      }
      look()
      void list()
    },
    onTrouble: look,
  }
  function draw(): void {
    loudness.value = meterShare(meter?.level ?? 0)
    frame = requestAnimationFrame(draw)
  }
  /** The permission for a device gives its name. */
  async function list(): Promise<void> {
    devices.value = await listDevices()
  }
  async function attempt(work: Promise<void>): Promise<void> {
    await work.catch(handled('lobby', 'MEDIA_FAILED'))
    look()
    await list()
  }
  async function choose(kind: DeviceKind, id: string): Promise<void> {
    const before = chosenDevices.value
    refused.value = false
    chosenDevices.value = { ...before, [kind]: id }
    if (kind === 'speaker') return
    const failed = (error: unknown) => {
      handled('lobby', 'MEDIA_FAILED')(error)
      if (!media.track(kind)) return
      refused.value = true
      chosenDevices.value = before
    }
    await attempt(media.choose(kind, id).catch(failed))
  }
  function setMicrophone(on: boolean): void {
    media.setMicrophone(on)
    look()
    if (on) void attempt(media.openMicrophone())
  }
  const setCamera = (on: boolean): void => void attempt(media.setCamera(on))

  onMounted(() => {
    draw()
    watchDevices(
      {
        devicesChanged: () => void list().then(() => media.devicesChanged(devices.value)),
        permissionChanged: (device, isAllowed) => void media.permissionChanged(device, isAllowed),
      },
      listening.signal,
    )
    void attempt(media.openMicrophone())
    if (video) setCamera(true)
  })
  onBeforeUnmount(() => {
    listening.abort()
    cancelAnimationFrame(frame)
    meter?.close()
    if (!handedOver) media.close()
  })

  return {
    devices,
    camera,
    microphone,
    loudness,
    choose,
    setMicrophone,
    setCamera,
    /** Keys of sentences. */
    troubles: computed(() => [
      ...new Set(troubles.value.map(({ device, trouble }) => troubleKey(device, trouble))),
      ...(refused.value ? ['calls.noDevice'] : []),
    ]),
    /** For the call, which closes them. */
    handOver: (): OwnMedia => {
      handedOver = true
      return media
    },
  }
}
