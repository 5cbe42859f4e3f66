import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { requireRoom } from '@beseda/rules'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import { factorKey } from '../second-factor/second-factors.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { Proven } from '../sign-in/sign-ins.js'
import type { NewCredential, PasskeyRecord, PasskeyStore, UsedFlows, WebAuthn } from './ports.js'

/** What the browser keeps, sealed, while it asks the authenticator. */
export interface PasskeyFlow {
  readonly id: string
  readonly challenge: string
  /** Whose passkey is being added; empty: a sign-in. */
  readonly userId: string
  /** The second factor that was asked for, if a passkey is being added; empty: the account had none. */
  readonly factor?: string
}

export interface StartedFlow {
  readonly optionsJson: string
  readonly flow: string
}

/** Keys that sign in without a password and without a name. */
export class Passkeys {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly commands: AccountCommands,
    private readonly store: PasskeyStore,
    /** Undefined: the address of the installation is not configured. */
    private readonly webAuthn: WebAuthn | undefined,
    private readonly flows: Sealed<PasskeyFlow>,
    private readonly used: UsedFlows,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get available(): boolean {
    return this.webAuthn !== undefined
  }

  of(userId: string): readonly PasskeyRecord[] {
    return this.store.of(userId)
  }

  /** Errors: TOO_MANY, SIGN_IN_FAILED. */
  async start(userId: string, now: number): Promise<StartedFlow> {
    const webAuthn = this.#available()
    const account = await this.accounts.get(userId)
    const { username, displayName } = account
    const present = await this.accounts.confirmRefusals(() => {
      const passkeys = this.of(userId)
      requireRoom('passkeys', passkeys.length)
      return passkeys.map(({ credentialId }) => credentialId)
    })
    const { optionsJson, challenge } = await webAuthn.registration({ id: userId, name: username, displayName }, present)
    return { optionsJson, flow: this.flows.seal({ id: newId(), challenge, userId, factor: factorKey(account) }, now) }
  }

  /** Errors: TOO_MANY, SIGN_IN_FAILED. */
  async add(flow: string, responseJson: string, name: string, caller: Caller): Promise<void> {
    const webAuthn = this.#available()
    const { id, challenge, userId, factor = '' } = this.#read(flow, caller.now.getTime())
    const asked = userId === caller.userId && factor === factorKey(await this.accounts.get(userId))
    if (!asked) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const credential = await this.#orRefuse(() => webAuthn.verifyRegistration(responseJson, challenge))
    const present = credential && this.store.byId(credential.credentialId)
    // The answer to the request before was lost.
    if (credential && present && isSame(present, credential, userId)) return
    // A credential id names one passkey; another account's is not taken over.
    if (!credential || present) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const command = { type: 'AddPasskey', ...credential, name } as const
    const isFirst = await this.used.use(id, this.commands.keyOf(userId, command, caller))
    if (!isFirst) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    await this.commands.run(userId, command, caller)
  }

  /** Errors: PASSKEY_NOT_FOUND, LAST_SIGN_IN. */
  async remove(id: string, caller: Caller): Promise<void> {
    const credentialId = Buffer.from(id, 'base64url')
    await this.commands.run(caller.userId, { type: 'RemovePasskey', credentialId }, caller)
  }

  /** Errors: SIGN_IN_FAILED. */
  async startSignIn(now: number): Promise<StartedFlow> {
    const { optionsJson, challenge } = await this.#available().signIn()
    return { optionsJson, flow: this.flows.seal({ id: newId(), challenge, userId: '' }, now) }
  }

  /** The account of the passkey. Errors: SIGN_IN_FAILED. */
  async signIn(flow: string, responseJson: string, now: Date): Promise<Proven> {
    const webAuthn = this.#available()
    const { id, challenge, userId } = this.#read(flow, now.getTime())
    if (userId !== '' || !(await this.used.use(id))) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const { credentialId, userId: owner } = await this.accounts.confirmRefusals(async () => {
      const passkey = await this.#orRefuse(() =>
        webAuthn.verifySignIn(responseJson, challenge, (credentialId) => this.store.byId(credentialId)),
      )
      if (!passkey) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
      return passkey
    })
    const account = await this.accounts.get(owner)
    return { account, holds: () => this.store.byId(credentialId)?.userId === account.userId }
  }

  #available(): WebAuthn {
    if (!this.webAuthn) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return this.webAuthn
  }

  /** The contents of a flow, used or not. Errors: SIGN_IN_FAILED. */
  #read(flow: string, now: number): PasskeyFlow {
    const kept = this.flows.open(flow, now)
    if (!kept) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return kept
  }

  async #orRefuse<T>(verify: () => Promise<T>): Promise<T> {
    return verify().catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    })
  }
}

const isSame = (present: PasskeyRecord, { publicKey }: NewCredential, userId: string): boolean =>
  present.userId === userId && Buffer.from(present.publicKey).equals(publicKey)
