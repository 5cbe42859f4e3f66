import { runService } from '@beseda/platform'
import { identityService } from './identity.module.js'

await runService(identityService)
