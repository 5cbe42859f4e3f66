import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { DeviceKeys } from '../../application/device-keys/device-keys.js'

const { method } = IdentityService

/** The keys with which devices sign in calls. */
@Controller()
export class DeviceKeysController {
  constructor(private readonly keys: DeviceKeys) {}

  @Rpc(method.setDeviceKey)
  async setDeviceKey({ algorithm, publicKey, proof }: pb.SetDeviceKeyRequest, @SignedIn() user: SignedInUser) {
    await this.keys.set(user.deviceId, { algorithm, publicKey }, proof, user.command())
    return {}
  }

  @Rpc(method.listDeviceKeys)
  async listDeviceKeys({ userIds }: pb.ListDeviceKeysRequest, @SignedIn() _user: SignedInUser) {
    return { keys: (await this.keys.of(userIds)).map((key) => ({ ...key })) }
  }
}
