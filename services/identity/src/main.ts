import { runService } from '@beseda/platform'
import { identityService } from './identity.service.js'

await runService(identityService)
