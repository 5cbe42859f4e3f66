import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { createClient } from '@connectrpc/connect'
import { rpc } from '../rpc.js'

export const mail = createClient(MailService, rpc)
