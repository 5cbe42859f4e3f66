import { newId } from '@beseda/kernel'
import type { FinishPasskeySignInResponse } from '@beseda/proto/identity/v1/identity_service'
import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { identity } from '../../net/clients/identity.js'

/** `code`: of the second factor, if the account has one. False when the person cancelled. */
export async function addPasskey(name: string, code: string): Promise<boolean> {
  const { optionsJson, flow } = await identity.startPasskey({ code })
  const response = await unlessCancelled(startRegistration({ optionsJSON: JSON.parse(optionsJson) }))
  if (!response) return false
  await identity.addPasskey({ commandId: newId(), flow, responseJson: JSON.stringify(response), name })
  return true
}

/** Undefined when the person cancelled. */
export async function signInWithPasskey(device: {
  id: string
  name: string
}): Promise<FinishPasskeySignInResponse | undefined> {
  const { optionsJson, flow } = await identity.startPasskeySignIn({})
  const response = await unlessCancelled(startAuthentication({ optionsJSON: JSON.parse(optionsJson) }))
  return response && identity.finishPasskeySignIn({ flow, responseJson: JSON.stringify(response), device })
}

async function unlessCancelled<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking
  } catch (error) {
    // The library keeps the name of the browser's error. Every other error is a failure, and rethrown.
    if (error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return undefined
    throw error
  }
}
