import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const identity = createClient(IdentityService, rpc)
