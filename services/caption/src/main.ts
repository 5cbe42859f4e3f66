import { runService } from '@beseda/platform'
import { captionService } from './caption.module.js'

await runService(captionService)
