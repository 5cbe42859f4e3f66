import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const mediaKeys = createClient(MediaKeyService, rpc)
