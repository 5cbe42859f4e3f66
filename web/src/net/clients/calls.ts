import { CallService } from '@beseda/proto/call/v1/call_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const calls = createClient(CallService, rpc)
