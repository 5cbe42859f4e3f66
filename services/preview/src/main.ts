import { runService } from '@beseda/platform'
import { previewService } from './preview.module.js'

await runService(previewService)
