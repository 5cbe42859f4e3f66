import type { AdministratorAction } from '@beseda/proto/identity/v1/events'
import type { ProcessStatus } from '@beseda/proto/identity/v1/identity_service'
import type { Appointment } from '../../domain/administrators/appointment.js'
import type { DoneCommand } from '../accounts/command-keys.js'

/** An action in the audit log. Ids are empty where there is nobody or nothing. */
export interface ActionRecord {
  readonly seq: number
  /** Unix ms. */
  readonly at: number
  /** Empty: an operator. */
  readonly actorId: string
  readonly action: AdministratorAction
  readonly userId: string
  readonly groupId: string
  readonly messageId: string
  readonly detail: string
}

export abstract class AdministratorStore {
  abstract appointment(userId: string): { readonly state: Appointment; readonly lastSeq: number }
  abstract founder(): string | undefined
  /** Log sequence from which accounts come too late for a name in ADMINS; undefined: not noted yet. */
  abstract listedSince(nameKey: string): number | undefined
  /** An appointment or dismissal that was carried out, and any command on an account. */
  abstract command(scope: string): DoneCommand | undefined
  abstract isRecorded(commandId: string): boolean
  /** Newest first. */
  abstract actionsBefore(seq: number, limit: number): readonly ActionRecord[]
}

/** The state of every process of the installation. */
export abstract class ProcessStatuses {
  /** What the processes answer within a second. */
  abstract ask(): Promise<readonly ProcessStatus[]>
}
