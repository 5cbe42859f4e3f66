export interface PasskeyRecord {
  readonly credentialId: Uint8Array
  readonly userId: string
  /** COSE key. */
  readonly publicKey: Uint8Array
  readonly name: string
  /** Unix ms. */
  readonly addedAt: number
}

export abstract class PasskeyStore {
  /** The first account that has added it. */
  abstract byId(credentialId: Uint8Array): PasskeyRecord | undefined
  abstract of(userId: string): readonly PasskeyRecord[]
}

export interface NewCredential {
  readonly credentialId: Uint8Array
  readonly publicKey: Uint8Array
  readonly transports: readonly string[]
}

/** WebAuthn (Level 3) for one address. Passkeys work only there, which is what protects them from imitations of the site. */
export abstract class WebAuthn {
  /** Options for the browser as JSON, and the challenge that its answer must hold. */
  abstract registration(
    user: { readonly id: string; readonly name: string; readonly displayName: string },
    present: readonly Uint8Array[],
  ): Promise<{ readonly optionsJson: string; readonly challenge: string }>
  /** Errors: any, when the answer is not right. Undefined: it does not verify. */
  abstract verifyRegistration(responseJson: string, challenge: string): Promise<NewCredential | undefined>
  abstract signIn(): Promise<{ readonly optionsJson: string; readonly challenge: string }>
  /** The passkey that signed. Errors and undefined as above. */
  abstract verifySignIn(
    responseJson: string,
    challenge: string,
    find: (credentialId: Uint8Array) => PasskeyRecord | undefined,
  ): Promise<PasskeyRecord | undefined>
}

/** Flows that were finished and codes that were taken, for all replicas. */
export abstract class UsedFlows {
  /**
   * False: it was used before. `by` is the key of the command that uses it, which may use it again, with the same content: a request whose
   * answer is late is sent again while the first one is being carried out.
   */
  abstract use(id: string, by?: string): Promise<boolean>
}
