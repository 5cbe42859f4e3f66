import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const membership = createClient(MembershipService, rpc)
