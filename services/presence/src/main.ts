import { runService } from '@beseda/platform'
import { presenceService } from './presence.module.js'

await runService(presenceService)
