import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const presence = createClient(PresenceService, rpc)
