import { runService } from '@beseda/platform'
import { groupService } from './group.service.js'

await runService(groupService)
