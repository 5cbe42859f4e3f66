import { CaptionService } from '@beseda/proto/caption/v1/caption_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

/** Fetched with the code that makes captions: most people never need it. */
export const captions = createClient(CaptionService, rpc)
