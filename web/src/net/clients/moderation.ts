import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const moderation = createClient(ModerationService, rpc)
