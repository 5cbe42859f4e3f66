import { runService } from '@beseda/platform'
import { exportService } from './export.module.js'

await runService(exportService)
