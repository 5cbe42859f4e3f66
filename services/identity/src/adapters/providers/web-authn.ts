import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { PasskeyRecord, WebAuthn } from '../../application/passkeys/ports.js'

/** The address at which passkeys are made and used. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

/** PUBLIC_URL as a relying party. Undefined: it is not set, or has an IP address, which WebAuthn does not accept. */
export function relyingPartyOf(publicUrl: string | undefined): RelyingParty | undefined {
  if (!publicUrl) return undefined
  const { hostname, origin } = new URL(publicUrl)
  return /^[\d.]+$|^\[/.test(hostname) ? undefined : { id: hostname, origin }
}

/** Passkeys that are stored by the authenticator, so that no name has to be typed, and verify the person. */
export class SimpleWebAuthn implements WebAuthn {
  constructor(private readonly party: RelyingParty) {}

  async registration(
    user: { readonly id: string; readonly name: string; readonly displayName: string },
    present: readonly Uint8Array[],
  ) {
    const options = await generateRegistrationOptions({
      rpName: 'Beseda',
      rpID: this.party.id,
      userName: user.name,
      userDisplayName: user.displayName,
      userID: new TextEncoder().encode(user.id),
      attestationType: 'none',
      excludeCredentials: present.map((credentialId) => ({ id: Buffer.from(credentialId).toString('base64url') })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    return { optionsJson: JSON.stringify(options), challenge: options.challenge }
  }

  async verifyRegistration(responseJson: string, challenge: string) {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: JSON.parse(responseJson) as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: this.party.origin,
      expectedRPID: this.party.id,
      requireUserVerification: true,
    })
    if (!registrationInfo) return undefined
    const { id, publicKey, transports = [] } = registrationInfo.credential
    return { credentialId: Buffer.from(id, 'base64url'), publicKey, transports }
  }

  async signIn() {
    const options = await generateAuthenticationOptions({ rpID: this.party.id, userVerification: 'required' })
    return { optionsJson: JSON.stringify(options), challenge: options.challenge }
  }

  async verifySignIn(
    responseJson: string,
    challenge: string,
    find: (credentialId: Uint8Array) => PasskeyRecord | undefined,
  ): Promise<PasskeyRecord | undefined> {
    const response = JSON.parse(responseJson) as AuthenticationResponseJSON
    const passkey = find(Buffer.from(response.id, 'base64url'))
    if (!passkey) return undefined
    const { verified } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: this.party.origin,
      expectedRPID: this.party.id,
      requireUserVerification: true,
      // Passkeys that are synchronised between devices do not count uses; 0 turns the check off.
      credential: { id: response.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
    })
    return verified ? passkey : undefined
  }
}
