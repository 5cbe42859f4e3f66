import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const missedMail = createClient(MissedMailService, rpc)
