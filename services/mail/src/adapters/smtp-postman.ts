import type { Letter } from '@beseda/proto/mail/v1/letter'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { createTransport, type Transporter } from 'nodemailer'
import { LetterRefused, Postman } from '../application/ports.js'
import type { LetterText } from '../domain/letter-text.js'

/** For the name, the connection and the greeting each. */
const CONNECT_MS = 15_000
/** How long the server may say nothing. Longer: a hanging one holds up other letters; shorter: one that checks the content is given up. */
const SILENCE_MS = 60_000

export interface SmtpOptions {
  readonly url: string
  readonly from: { readonly name: string; readonly address: string }
  readonly replyTo: string | undefined
  /** Tests have less patience. */
  readonly silenceMs?: number
}

/** Sends over SMTP: a connection for each letter, so that one that hangs or breaks is nobody else's. */
export class SmtpPostman extends Postman {
  readonly #transport: Transporter
  readonly #domain: string

  constructor(private readonly options: SmtpOptions) {
    super()
    const { url, from, silenceMs = SILENCE_MS } = options
    this.#domain = from.address.slice(from.address.lastIndexOf('@') + 1)
    this.#transport = createTransport({
      url,
      requireTLS: sendsPassword(url),
      connectionTimeout: Math.min(CONNECT_MS, silenceMs),
      greetingTimeout: Math.min(CONNECT_MS, silenceMs),
      socketTimeout: silenceMs,
      dnsTimeout: Math.min(CONNECT_MS, silenceMs),
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  async send(
    { id, writtenAt }: Letter,
    address: string,
    { subject, text, html, unsubscribe, calendar }: LetterText,
  ): Promise<void> {
    const { from, replyTo } = this.options
    const message = {
      // Not a text, which would be read as a list of addresses.
      from: { ...from },
      to: { name: '', address },
      ...(replyTo === undefined ? {} : { replyTo: { name: '', address: replyTo } }),
      envelope: { from: from.address, to: [address] },
      messageId: `<${id}@${this.#domain}>`,
      ...(writtenAt ? { date: timestampDate(writtenAt) } : {}),
      // RFC 3834: nobody's absence note answers it.
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        // RFC 8058: the program in which the letter is read offers a button, and needs no page.
        ...(unsubscribe
          ? { 'List-Unsubscribe': `<${unsubscribe.oneClick}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
          : {}),
      },
      subject,
      text,
      html,
      // As a part of the letter, where calendars look for it, and as a file for those that do not.
      ...(calendar ? { icalEvent: { method: calendar.method, filename: 'invite.ics', content: calendar.text } } : {}),
    }
    try {
      await this.#transport.sendMail(message)
    } catch (error) {
      throw isFinal(error) ? new LetterRefused('the SMTP server does not take the letter', { cause: error }) : error
    }
  }
}

/** A password does not leave this machine in clear. */
function sendsPassword(url: string): boolean {
  const { password, hostname } = new URL(url)
  return password !== '' && !/^(localhost|127\..*|\[::1\])$/.test(hostname)
}

/**
 * A 5xx about this letter: its recipient or its content. One about our name, our password or our sender is for the operator to mend, and the
 * letters wait.
 */
function isFinal(error: unknown): boolean {
  const { responseCode = 0, command = '' } = error as { responseCode?: number; command?: string }
  return responseCode >= 500 && responseCode < 600 && (command === 'RCPT TO' || command === 'DATA')
}
