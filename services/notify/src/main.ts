import { runService } from '@beseda/platform'
import { notifyService } from './notify.service.js'

await runService(notifyService)
