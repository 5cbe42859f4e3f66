import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

/** Fetched with the code that records: most people never need it. */
export const recordings = createClient(RecordingService, rpc)
