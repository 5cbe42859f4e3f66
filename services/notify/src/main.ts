import { runService } from '@beseda/platform'
import { notifyService } from './notify.module.js'

await runService(notifyService)
