import { runService } from '@beseda/platform'
import { mailService } from './mail.module.js'

await runService(mailService)
