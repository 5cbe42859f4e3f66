import { PollService } from '@beseda/proto/group/v1/poll_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const polls = createClient(PollService, rpc)
