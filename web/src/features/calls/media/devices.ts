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

/** What the person has chosen in this browser; empty: the system's own choice. */
export const chosenDevices = useStorage<Record<DeviceKind, string>>(
  'beseda.devices',
  { microphone: '', camera: '', speaker: '' },
  undefined,
  { mergeDefaults: true },
)

/** How the person talks, in this browser. */
export const talkSettings = useStorage('beseda.talk', { pushToTalk: false, releaseMs: 200 }, undefined, {
  mergeDefaults: true,
})

/** What is plugged in. Without permission browsers tell neither ids nor names. */
export async function listDevices(): Promise<Devices> {
  const found: Record<DeviceKind, DeviceChoice[]> = { microphone: [], camera: [], speaker: [] }
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(handled('calls.devices', 'MEDIA_FAILED'))) ?? []
  for (const { kind, deviceId, label } of all) {
    const ours = KINDS[kind]
    // Chromium's "default" stands for one of the others.
    if (ours && deviceId !== '' && deviceId !== 'default' && deviceId !== 'communications')
      found[ours].push({ id: deviceId, label })
  }
  return found
}
