import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const history = createClient(HistoryService, rpc)
