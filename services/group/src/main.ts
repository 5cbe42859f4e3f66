import { runService } from '@beseda/platform'
import { groupService } from './group.module.js'

await runService(groupService)
