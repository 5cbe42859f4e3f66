import type { Projection } from '@beseda/event-log'
import type { DoneCommand } from '../../application/accounts/command-keys.js'
import type { ActionRecord, AdministratorStore } from '../../application/administration/ports.js'
import type { Appointment } from '../../domain/administrators/appointment.js'
import { doneCommand } from './command-table.js'

export class SqliteAdministratorStore implements AdministratorStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  appointment(userId: string): { readonly state: Appointment; readonly lastSeq: number } {
    const sql = 'SELECT appointed, provider_id AS providerId, seq FROM administrator WHERE user_id = ?'
    const row = this.projection.view.get<{ appointed: number; providerId: string; seq: number }>(sql, userId)
    const state = row && { appointed: row.appointed === 1, providerId: row.providerId }
    return { state, lastSeq: row?.seq ?? 0 }
  }

  founder(): string | undefined {
    return this.projection.view.get<{ user_id: string }>('SELECT user_id FROM founder')?.user_id
  }

  listedSince(nameKey: string): number | undefined {
    return this.projection.view.get<{ seq: number }>('SELECT seq FROM listed WHERE key = ?', nameKey)?.seq
  }

  command(scope: string): DoneCommand | undefined {
    return doneCommand(this.projection.view, scope)
  }

  isRecorded(commandId: string): boolean {
    return this.projection.view.get('SELECT 1 FROM administrator_action WHERE command_id = ?', commandId) !== undefined
  }

  actionsBefore(seq: number, limit: number): readonly ActionRecord[] {
    return this.projection.view.all<ActionRecord>(
      `SELECT seq, at, actor_id AS actorId, action, user_id AS userId, group_id AS groupId, message_id AS messageId, detail
       FROM administrator_action WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
      seq,
      limit,
    )
  }
}
