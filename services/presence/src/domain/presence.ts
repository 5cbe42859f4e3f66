import { Status } from '@beseda/proto/presence/v1/presence_service'

/** The presence of a person. Times in Unix ms. */
export interface PresenceDocument {
  readonly devices: Readonly<Record<string, { readonly idle: boolean; readonly leaseUntil: number }>>
  /** The person's own choice; UNSPECIFIED: none, so the devices decide. */
  readonly choice: Status
  /** What others see, as published last. */
  readonly shown: Status
  readonly lastSeenAt: number
}

/** A device that is not reported for this long counts as gone. Gateways report every 20 s: two reports may be lost. */
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

/** What notifications need to know of a person. */
export interface Attention {
  /** A device is in use. */
  readonly active: boolean
  /** Holds also while no device is connected. */
  readonly doNotDisturb: boolean
}

export const attentionOf = (person: PresenceDocument | undefined): Attention => ({
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

/** Removes devices whose leases have run out. */
export const expire = (person: PresenceDocument | undefined, now: number): PresenceDocument =>
  settle(person, now, () => undefined)

/** When the next lease runs out; undefined: no device is connected. */
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
