import type { groups, membership } from '../net/index.js'

/** What of the server the conversations need. */
export interface ChatApi {
  readonly groups: Pick<typeof groups, 'listMessages' | 'listReadStates' | 'markRead'>
  readonly membership: Pick<typeof membership, 'listMembers' | 'listMyGroups'>
}
