import { newId } from '@beseda/kernel'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { natsTransport } from '@beseda/rpc'
import type { ReachableInstallation } from '@beseda/testkit'
import { createClient } from '@connectrpc/connect'

/** Makes somebody an administrator of the installation, as the operator's `npm run admin -- appoint` does. */
export async function appoint(beseda: ReachableInstallation, username: string): Promise<void> {
  const bus = await beseda.connectToBus()
  const identity = createClient(IdentityService, natsTransport(bus, { partitionCount: 1 }))
  await identity.appointAdministrator({ commandId: newId(), username })
  await bus.close()
}
