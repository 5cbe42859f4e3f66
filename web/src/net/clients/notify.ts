import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const notify = createClient(NotifyService, rpc)
