import { runService } from '@beseda/platform'
import { callService } from './call.module.js'

await runService(callService)
