import { GroupService } from '@beseda/proto/group/v1/group_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const groups = createClient(GroupService, rpc)
