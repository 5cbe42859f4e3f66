import type { AdministratorAction } from '@beseda/proto/identity/v1/events'

/** Those who look after the installation, as the identity service knows them. */
export interface Administrators {
  /** Errors: NOT_PERMITTED. */
  require(userId: string, signal: AbortSignal): Promise<void>
  /** Writes it into the audit log, before it is done. Errors: NOT_PERMITTED. */
  record(
    action: AdministratorAction,
    caller: { readonly userId: string; readonly commandId: string; readonly signal: AbortSignal },
    about: { readonly aboutUserId?: string; readonly groupId: string; readonly messageId?: string },
  ): Promise<void>
}
