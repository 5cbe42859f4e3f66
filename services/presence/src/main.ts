import { runService } from '@beseda/platform'
import { presenceService } from './presence.service.js'

await runService(presenceService)
