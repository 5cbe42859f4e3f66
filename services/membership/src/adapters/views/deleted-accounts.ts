import type { Projection } from '@beseda/event-log'
import { DeletedAccounts } from '../../application/ports.js'

export class SqliteDeletedAccounts extends DeletedAccounts {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  has(userId: string): boolean {
    return this.projection.view.get('SELECT 1 FROM deleted_account WHERE user_id = ?', userId) !== undefined
  }

  remaining(): readonly { readonly groupId: string; readonly userId: string }[] {
    return this.projection.view.all(
      `SELECT group_id AS groupId, user_id AS userId FROM member JOIN deleted_account USING (user_id)
       UNION SELECT group_id, user_id FROM join_request JOIN deleted_account USING (user_id)`,
    )
  }
}
