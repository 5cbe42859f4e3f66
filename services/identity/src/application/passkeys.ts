import type { Projection } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { passkeyId } from '../domain/account.js'
import { type PasskeyRow, passkeyById, passkeysOf } from '../projections/credentials.js'
import type { AccountRow } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'
import type { Sealed } from './sealed.js'

const MAX_PASSKEYS = 10

/** What the browser keeps, sealed, while it asks the authenticator. */
export interface PasskeyFlow {
  readonly id: string
  readonly challenge: string
  /** Empty: a sign-in. */
  readonly userId: string
}

/** Where passkeys belong to: they work at this place only, which is what makes them safe from imitations. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

export interface UsedFlows {
  /** False: it was used before. */
  use(id: string): Promise<boolean>
}

/** Keys that sign in without a password (WebAuthn Level 3): resident, so that no name has to be typed. */
export class Passkeys {
  constructor(
    private readonly accounts: Accounts,
    private readonly projection: Pick<Projection, 'view'>,
    /** Undefined: not known where people find this installation. */
    private readonly party: RelyingParty | undefined,
    private readonly flows: Sealed<PasskeyFlow>,
    private readonly used: UsedFlows,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get available(): boolean {
    return this.party !== undefined
  }

  of(userId: string): readonly PasskeyRow[] {
    return passkeysOf(this.projection.view, userId)
  }

  /** Errors: TOO_MANY, SIGN_IN_FAILED. */
  async start(userId: string, now: number) {
    const party = this.#party()
    const account = await this.accounts.get(userId)
    const present = this.of(userId)
    if (present.length >= MAX_PASSKEYS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_PASSKEYS) })
    const options = await generateRegistrationOptions({
      rpName: 'Beseda',
      rpID: party.id,
      userName: account.username,
      userDisplayName: account.display_name,
      userID: new TextEncoder().encode(userId),
      attestationType: 'none',
      excludeCredentials: present.map(({ credential_id }) => ({ id: passkeyId(credential_id) })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    const flow = this.flows.seal({ id: newId(), challenge: options.challenge, userId }, now)
    return { optionsJson: JSON.stringify(options), flow }
  }

  /** Errors: TOO_MANY, SIGN_IN_FAILED. */
  async add(flow: string, responseJson: string, name: string, caller: Caller): Promise<void> {
    const { challenge, userId } = await this.#open(flow, caller.now.getTime())
    if (userId !== caller.userId) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    // Several may have been started before one was added.
    if (this.of(userId).length >= MAX_PASSKEYS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_PASSKEYS) })
    const { origin, id } = this.#party()
    const { registrationInfo } = await this.#orRefuse(async () =>
      verifyRegistrationResponse({
        response: JSON.parse(responseJson) as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: id,
        requireUserVerification: true,
      }),
    )
    if (!registrationInfo) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const { credential } = registrationInfo
    const credentialId = Buffer.from(credential.id, 'base64url')
    // An id names one key: somebody else's is not taken over.
    if (passkeyById(this.projection.view, credentialId)) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const { publicKey, transports = [] } = credential
    await this.accounts.run({ type: 'AddPasskey', credentialId, publicKey, transports, name }, caller)
  }

  /** Errors: PASSKEY_NOT_FOUND, LAST_SIGN_IN. */
  async remove(id: string, caller: Caller): Promise<void> {
    await this.accounts.run({ type: 'RemovePasskey', credentialId: Buffer.from(id, 'base64url') }, caller)
  }

  async startSignIn(now: number) {
    const options = await generateAuthenticationOptions({ rpID: this.#party().id, userVerification: 'required' })
    const flow = this.flows.seal({ id: newId(), challenge: options.challenge, userId: '' }, now)
    return { optionsJson: JSON.stringify(options), flow }
  }

  /** The account of the key. Errors: SIGN_IN_FAILED. */
  async signIn(flow: string, responseJson: string, now: Date): Promise<AccountRow> {
    const { challenge, userId } = await this.#open(flow, now.getTime())
    if (userId !== '') throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    const { origin, id } = this.#party()
    const holder = await this.#orRefuse(async () => {
      const response = JSON.parse(responseJson) as AuthenticationResponseJSON
      const row = passkeyById(this.projection.view, Buffer.from(response.id, 'base64url'))
      if (!row) return undefined
      const { verified } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: id,
        requireUserVerification: true,
        // Keys that are kept by several devices do not count; 0 asks for nothing.
        credential: { id: response.id, publicKey: new Uint8Array(row.public_key), counter: 0 },
      })
      return verified ? row : undefined
    })
    if (!holder) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return this.accounts.get(holder.user_id)
  }

  #party(): RelyingParty {
    if (!this.party) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return this.party
  }

  /** What was sealed, once. Errors: SIGN_IN_FAILED. */
  async #open(flow: string, now: number): Promise<PasskeyFlow> {
    const kept = this.flows.open(flow, now)
    if (!kept || !(await this.used.use(kept.id))) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return kept
  }

  async #orRefuse<T>(verify: () => Promise<T>): Promise<T> {
    return verify().catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    })
  }
}

/** PUBLIC_URL as a place for passkeys: a name, not an address. */
export function relyingPartyOf(publicUrl: string | undefined): RelyingParty | undefined {
  if (!publicUrl) return undefined
  const { hostname, origin } = new URL(publicUrl)
  return /^[\d.]+$|^\[/.test(hostname) ? undefined : { id: hostname, origin }
}
