import { runService } from '@beseda/platform'
import { membershipService } from './membership.service.js'

await runService(membershipService)
