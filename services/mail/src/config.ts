import { type Environment, readPublicUrl } from '@beseda/platform'
import { isEmail } from '@beseda/rules'

export class MailConfig {
  constructor(
    /** `smtp://` (STARTTLS where the server offers it) or `smtps://`, with name and password. */
    readonly smtpUrl: string,
    /** The name and the address that letters come from. */
    readonly from: { readonly name: string; readonly address: string },
    /** Where answers go; undefined: to the address that letters come from. */
    readonly replyTo: string | undefined,
    /** Where people find the installation, without a slash at its end. */
    readonly publicUrl: string,
  ) {}
}

/** Reads SMTP_URL, MAIL_FROM, MAIL_REPLY_TO and PUBLIC_URL. Errors: a sentence that names the variable. */
export function readMailConfig(env: Environment): MailConfig {
  const publicUrl = readPublicUrl(env)
  if (!publicUrl) throw new Error('PUBLIC_URL is not set: letters say where the installation is')
  const from = readFrom(env.MAIL_FROM, new URL(publicUrl).hostname)
  const replyTo = env.MAIL_REPLY_TO || undefined
  if (replyTo !== undefined && !isEmail(replyTo)) throw new Error(`MAIL_REPLY_TO must be an address, not "${replyTo}"`)
  return new MailConfig(readSmtpUrl(env.SMTP_URL), from, replyTo, publicUrl.replace(/\/$/, ''))
}

function readSmtpUrl(text: string | undefined): string {
  if (!text) throw new Error('SMTP_URL is not set: there is no server that takes mail')
  const { protocol = '', hostname = '' } = URL.canParse(text) ? new URL(text) : {}
  // The address holds a password: it is not repeated.
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '') {
    throw new Error('SMTP_URL must be an address such as smtp://name:password@mail.example.org:587')
  }
  return text
}

/** `chat@example.org`, or `Chat <chat@example.org>`. */
function readFrom(text: string | undefined, host: string): MailConfig['from'] {
  if (!text) {
    const address = `beseda@${host}`
    if (!isEmail(address)) throw new Error(`MAIL_FROM is not set, and ${address} is no address that mail can come from`)
    return { name: 'Beseda', address }
  }
  const [, name = '', inBrackets] = /^([^<>"\r\n]*)<([^<>]*)>$/.exec(text.trim()) ?? []
  const address = inBrackets ?? text.trim()
  if (!isEmail(address)) throw new Error(`MAIL_FROM must be as Chat <chat@example.org>, not "${text}"`)
  return { name: name.trim() || 'Beseda', address }
}
