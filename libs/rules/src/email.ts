import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** RFC 5321, 4.5.3.1: of the part before the @, and of the whole. */
const MAX_LOCAL = 64
const MAX_ADDRESS = 254
/** A dot-atom of RFC 5322: no quotes, comments, spaces or control characters, and nothing that separates addresses or begins a header. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
/** Names of hosts with at least one dot; international names in their ASCII form. */
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i

/** Whether it is the address of one person, and nothing else: no name, no list, no group of addresses. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  return at > 0 && text.length <= MAX_ADDRESS && local.length <= MAX_LOCAL && LOCAL.test(local) && DOMAIN.test(domain)
}

/** The address as it is written to. Errors: BAD_EMAIL. */
export function cleanEmail(text: string): string {
  const address = text.trim()
  if (!isEmail(address)) throw new Refusal(ErrorReason.BAD_EMAIL)
  return address
}

/** Addresses that are one and the same to everybody who hands out mailboxes today. */
export const foldEmail = (address: string): string => address.toLowerCase()
