import { runService } from '@beseda/platform'
import { membershipService } from './membership.module.js'

await runService(membershipService)
