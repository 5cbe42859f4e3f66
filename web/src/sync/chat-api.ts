import type { groups, membership } from '../net/index.js'

/** The calls to the server that the conversations need. */
export interface ChatApi {
  readonly groups: Pick<typeof groups, 'listMessages' | 'getMessage' | 'listReadStates' | 'markRead'>
  readonly membership: Pick<typeof membership, 'listMembers' | 'listMyGroups'>
}
