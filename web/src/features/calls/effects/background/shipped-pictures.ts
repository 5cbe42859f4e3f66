import dusk from './shipped/dusk.svg?url&no-inline'
import forest from './shipped/forest.svg?url&no-inline'
import paper from './shipped/paper.svg?url&no-inline'
import study from './shipped/study.svg?url&no-inline'

/** Our own drawings, by name. */
export const SHIPPED: Readonly<Record<string, string>> = { study, forest, dusk, paper }
