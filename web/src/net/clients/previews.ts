import { PreviewService } from '@beseda/proto/preview/v1/preview_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const previews = createClient(PreviewService, rpc)
