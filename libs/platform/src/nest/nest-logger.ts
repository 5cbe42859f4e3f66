import type { LoggerService } from '@nestjs/common'
import type { Logger } from 'pino'

/** Errors that Nest itself reports, as log lines of the service. What Nest says of its progress is left out. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(): void {}

  warn(message: unknown): void {
    this.logger.warn({ err: message }, 'warning from Nest')
  }

  error(message: unknown, stack?: unknown): void {
    const err = message instanceof Error ? message : { message: String(message), stack }
    this.logger.error({ err }, 'error in Nest')
  }

  fatal(message: unknown): void {
    this.error(message)
  }
}
