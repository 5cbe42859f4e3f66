import type { AdministratorAction } from '@beseda/proto/identity/v1/events'
import type { GroupRecord } from '../../groups/application/records.js'
import type { Report } from '../domain/report.js'

/** What an administrator's action is about. */
export interface ActionAbout {
  readonly aboutUserId?: string
  readonly groupId: string
  readonly messageId?: string
  /** As in AdministratorActed. */
  readonly detail?: string
}

/** The administrators of the installation, as the identity service knows them. */
export abstract class Administrators {
  /** Errors: NOT_PERMITTED. */
  abstract require(userId: string, signal: AbortSignal): Promise<void>
  /** Writes the action into the audit log of the installation, before it is carried out. Errors: NOT_PERMITTED. */
  abstract record(
    action: AdministratorAction,
    caller: { readonly userId: string; readonly commandId: string; readonly signal: AbortSignal },
    about: ActionAbout,
  ): Promise<void>
}

/** Which report: one member reports one message at most once. */
export interface ReportKey {
  readonly groupId: string
  readonly messageId: string
  readonly reporterId: string
}

/** A page of reports begins after this one. */
export interface ReportPlace {
  /** Unix ms. */
  readonly at: number
  readonly messageId: string
  readonly reporterId: string
}

export interface ReportRecord extends ReportKey {
  /** Without what may not be kept. */
  readonly report: NonNullable<Report>
}

export abstract class ReportStore {
  /** The aggregate, with the sequence of its subject that the view has folded; 0: none. */
  abstract load(key: ReportKey): { readonly state: Report; readonly lastSeq: number }
  abstract ofMessage(groupId: string, messageId: string): readonly ReportRecord[]
  /** Newest first. */
  abstract after(closed: boolean, place: ReportPlace | undefined, limit: number): readonly ReportRecord[]
  abstract openCount(): number
  /** Reports with words in the log that may not be kept any more. */
  abstract due(limit: number): readonly ReportKey[]
}

export interface ListedGroup {
  readonly group: GroupRecord
  /** Grows with each group that is created. */
  readonly number: number
}

/** All groups of the installation except direct chats. */
export abstract class GroupDirectoryReader {
  abstract count(): number
  /** Newest first, those with a number below `number`; `limit` undefined: all. */
  abstract before(number: number, limit: number | undefined): readonly ListedGroup[]
  /** Time of the newest message of the main line (Unix ms); 0: none. */
  abstract lastActivity(groupId: string): number
}
