import { deviceKeyStatement } from '@beseda/client-protocol/device-keys'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { DevicePublicKey } from '../../domain/accounts/account.js'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { DeviceKeyRecord, DeviceKeyStore, Signatures } from './ports.js'

/**
 * The public keys with which people's devices sign in calls (ADR 87). A key belongs to the device of the session that publishes it, and
 * goes with the last session of that device.
 */
export class DeviceKeys {
  constructor(
    private readonly accounts: Pick<AccountQueries, 'catchUpOn'>,
    private readonly commands: Pick<AccountCommands, 'run'>,
    private readonly store: DeviceKeyStore,
    private readonly signatures: Signatures,
  ) {}

  /** `deviceId`: of the caller's session; undefined for a bot. Errors: BAD_DEVICE_KEY, NOT_PERMITTED. */
  async set(deviceId: string | undefined, key: DevicePublicKey, proof: Uint8Array, caller: Caller): Promise<void> {
    if (deviceId === undefined) throw new Refusal(ErrorReason.NOT_PERMITTED)
    const { algorithm, publicKey } = key
    const statement = deviceKeyStatement({ userId: caller.userId, deviceId }, algorithm, publicKey)
    // Nobody publishes somebody else's key as theirs.
    if (!this.signatures.verify(publicKey, statement, proof)) throw new Refusal(ErrorReason.BAD_DEVICE_KEY)
    await this.commands.run(caller.userId, { type: 'SetDeviceKey', deviceId, algorithm, publicKey }, caller)
  }

  /** Also those that another replica has just set: an old key in place of the present one would look like a forgery. */
  async of(userIds: readonly string[]): Promise<readonly DeviceKeyRecord[]> {
    const people = [...new Set(userIds)]
    if (people.length > 0) await this.accounts.catchUpOn(people)
    return people.flatMap((userId) => this.store.of(userId))
  }

  /** These devices have no session any more. */
  async forget(userId: string, deviceIds: readonly string[], now: Date): Promise<void> {
    const known = new Set(this.store.of(userId).map(({ deviceId }) => deviceId))
    if (!deviceIds.some((deviceId) => known.has(deviceId))) return
    await this.commands.run(userId, { type: 'RemoveDeviceKeys', deviceIds }, { commandId: newId(), userId, now })
  }
}
