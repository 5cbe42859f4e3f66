import { useStorage } from '@vueuse/core'
import { handled } from '../../../diagnostics/log.js'

export type DeviceKind = 'microphone' | 'camera' | 'speaker'

export interface DeviceChoice {
  readonly id: string
  readonly label: string
}
export type Devices = Readonly<Record<DeviceKind, readonly DeviceChoice[]>>

export const NO_DEVICES: Devices = { microphone: [], camera: [], speaker: [] }

const KINDS: Partial<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
}

/** The devices chosen in this browser; empty: the system's default. */
export const chosenDevices = useStorage<Record<DeviceKind, string>>(
  'beseda.devices',
  { microphone: '', camera: '', speaker: '' },
  undefined,
  { mergeDefaults: true },
)

/** The talk mode of this browser. */
export const talkSettings = useStorage('beseda.talk', { pushToTalk: false, releaseMs: 200 }, undefined, {
  mergeDefaults: true,
})

/** The available devices. Without permission browsers hide ids and names. */
export async function listDevices(): Promise<Devices> {
  const found: Record<DeviceKind, DeviceChoice[]> = { microphone: [], camera: [], speaker: [] }
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(handled('calls.devices', 'MEDIA_FAILED'))) ?? []
  for (const { kind, deviceId, label } of all) {
    const ours = KINDS[kind]
    // Chromium's "default" is an alias of one of the others.
    if (ours && deviceId !== '' && deviceId !== 'default' && deviceId !== 'communications')
      found[ours].push({ id: deviceId, label })
  }
  return found
}
