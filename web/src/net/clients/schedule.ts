import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const schedule = createClient(ScheduleService, rpc)
