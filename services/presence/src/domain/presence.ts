import { Status } from '@beseda/proto/presence/v1/presence_service'

/** What is kept of a person. Times in Unix ms. */
export interface PresenceDocument {
  readonly devices: Readonly<Record<string, { readonly idle: boolean; readonly leaseUntil: number }>>
  /** The person's own choice; UNSPECIFIED: automatic. */
  readonly choice: Status
  /** What others were told last. */
  readonly shown: Status
  readonly lastSeenAt: number
}

/** A device whose gateway has not reported it for so long is gone. Gateways report every 20 s: two may be lost. */
export const LEASE_MS = 45_000

export interface DeviceReport {
  readonly deviceId: string
  readonly idle: boolean
  readonly gone: boolean
}

const NOBODY: PresenceDocument = { devices: {}, choice: Status.UNSPECIFIED, shown: Status.OFFLINE, lastSeenAt: 0 }

/** What others see. */
export function shownStatus({ devices, choice }: Pick<PresenceDocument, 'devices' | 'choice'>): Status {
  const connected = Object.values(devices)
  if (connected.length === 0 || choice === Status.INVISIBLE) return Status.OFFLINE
  if (choice !== Status.UNSPECIFIED) return choice
  return connected.every(({ idle }) => idle) ? Status.IDLE : Status.ONLINE
}

/** Whether the person is looking at a device, and whether they want no disturbance: that also holds while they are away. */
export const attentionOf = (person: PresenceDocument | undefined): { active: boolean; doNotDisturb: boolean } => ({
  active: Object.values(person?.devices ?? {}).some(({ idle }) => !idle),
  doNotDisturb: person?.choice === Status.DO_NOT_DISTURB,
})

export const report = (person: PresenceDocument | undefined, devices: readonly DeviceReport[], now: number) =>
  settle(person, now, (kept) => {
    for (const { deviceId, idle, gone } of devices) {
      if (gone) delete kept[deviceId]
      else kept[deviceId] = { idle, leaseUntil: now + LEASE_MS }
    }
  })

export const choose = (person: PresenceDocument | undefined, choice: Status, now: number): PresenceDocument =>
  settle({ ...(person ?? NOBODY), choice }, now, () => undefined)

/** Lets go of devices that were not reported any more. */
export const expire = (person: PresenceDocument | undefined, now: number): PresenceDocument =>
  settle(person, now, () => undefined)

/** When the next device is gone unless it is reported; undefined: none is connected. */
export function nextExpiry({ devices }: PresenceDocument): number | undefined {
  const leases = Object.values(devices).map(({ leaseUntil }) => leaseUntil)
  return leases.length === 0 ? undefined : Math.min(...leases)
}

function settle(
  before: PresenceDocument | undefined,
  now: number,
  change: (devices: Record<string, { idle: boolean; leaseUntil: number }>) => void,
): PresenceDocument {
  const person = before ?? NOBODY
  const devices = { ...person.devices }
  change(devices)
  for (const [id, { leaseUntil }] of Object.entries(devices)) if (leaseUntil <= now) delete devices[id]
  const wasConnected = Object.keys(person.devices).length > 0
  const lastSeenAt = wasConnected || Object.keys(devices).length > 0 ? now : person.lastSeenAt
  return { devices, choice: person.choice, shown: shownStatus({ devices, choice: person.choice }), lastSeenAt }
}
