import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Administrators } from '../application/ports.js'

export function identityAdministrators(rpc: Transport): Administrators {
  const identity = createClient(IdentityService, rpc)
  return {
    async require(userId, signal) {
      await identity.authorizeAdministrator({ userId }, { signal })
    },
    async record(action, { userId, commandId, signal }, about) {
      await identity.authorizeAdministrator({ userId, action, commandId, ...about }, { signal })
    },
  }
}
