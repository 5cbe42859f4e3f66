import { runService } from '@beseda/platform'
import { callService } from './call.service.js'

await runService(callService)
