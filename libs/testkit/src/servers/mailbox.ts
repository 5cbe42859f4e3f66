import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly parsed: ParsedMail
  /** As the SMTP server was told them, whatever the mail says. */
  readonly from: string
  readonly to: readonly string[]
  /** Whether it came over TLS, and as whom. */
  readonly secure: boolean
  readonly user: string | undefined
}

/** What a server does instead of taking a mail. `drop`: takes it, and breaks the connection before it says so. */
export type MailFault = 'refuse recipient' | 'refuse for now' | 'refuse content' | 'hang' | 'drop'

export interface MailboxOptions {
  /** `starttls`, or TLS from the first byte. Default: none. */
  readonly tls?: 'starttls' | 'smtps'
  /** Name and password without which nothing is taken. */
  readonly auth?: readonly [user: string, password: string]
  /** 0: any. */
  readonly port?: number
}

/** A real SMTP server on this machine, which keeps what it takes. */
export class TestMailbox {
  readonly mails: ReceivedMail[] = []
  /** In force until it is unset. */
  fault: MailFault | undefined
  /** Attempts that were met by a fault. */
  faults = 0

  private constructor(
    private readonly server: SMTPServer,
    private readonly options: MailboxOptions,
  ) {}

  static async start(options: MailboxOptions = {}): Promise<TestMailbox> {
    const { tls, auth, port = 0 } = options
    const box: { current?: TestMailbox } = {}
    const server = new SMTPServer({
      secure: tls === 'smtps',
      disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
      authOptional: auth === undefined,
      logger: false,
      onAuth: ({ username, password }, _session, callback) => {
        const isRight = username === auth?.[0] && password === auth?.[1]
        if (isRight) callback(null, { user: username ?? '' })
        else callback(new Error('wrong password'))
      },
      onRcptTo: (_address, _session, callback) => {
        const refused = box.current?.refusal(['refuse recipient', 'refuse for now'])
        callback(refused ?? null)
      },
      onData: (stream, session, callback) => {
        void (async () => {
          const parsed = await simpleParser(stream)
          const current = box.current
          if (!current) return
          if (current.fault === 'hang') {
            current.faults++
            return
          }
          const refused = current.refusal(['refuse content'])
          if (refused) {
            callback(refused)
            return
          }
          const { mailFrom, rcptTo } = session.envelope
          current.mails.push({
            parsed,
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            secure: session.secure,
            user: session.user as string | undefined,
          })
          if (current.fault === 'drop') {
            current.faults++
            current.cut()
          } else callback(null)
        })().catch(callback)
      },
    })
    // Connections that a test breaks.
    server.on('error', () => undefined)
    const mailbox = new TestMailbox(server, options)
    box.current = mailbox
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve())
    })
    return mailbox
  }

  get port(): number {
    const address = this.server.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** For SMTP_URL. Its certificate is one that nobody has signed. */
  get url(): string {
    const { tls, auth } = this.options
    const login = auth ? `${auth.map(encodeURIComponent).join(':')}@` : ''
    const trust = tls ? '?tls.rejectUnauthorized=false' : ''
    return `${tls === 'smtps' ? 'smtps' : 'smtp'}://${login}127.0.0.1:${this.port}/${trust}`
  }

  refusal(faults: readonly MailFault[]): Error | undefined {
    if (this.fault === undefined || !faults.includes(this.fault)) return undefined
    this.faults++
    const responseCode = this.fault === 'refuse for now' ? 451 : 550
    return Object.assign(new Error(`${this.fault}, said the server`), { responseCode })
  }

  /** Breaks all connections. */
  cut(): void {
    for (const connection of this.server.connections) {
      const { _socket } = connection as unknown as { _socket: { destroy(): void } }
      _socket.destroy()
    }
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}
