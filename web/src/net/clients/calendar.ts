import { CalendarService } from '@beseda/proto/notify/v1/calendar_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const calendar = createClient(CalendarService, rpc)
