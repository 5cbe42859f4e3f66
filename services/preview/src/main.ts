import { runService } from '@beseda/platform'
import { previewService } from './preview.service.js'

await runService(previewService)
