import { provision } from './servers/process.js'

/** How the launcher runs a process. */
export interface Plan {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  readonly ready: () => Promise<boolean>
}

/** Inputs of the launcher's plans. */
export interface PlanInputs {
  readonly data: {
    readonly logs: string
    readonly passwords: Readonly<Record<string, string>>
    readonly sfu: { readonly secret: string }
    readonly signingKey: Readonly<Record<'identity' | 'call', string>>
  }
  readonly ports: Record<string, number>
  readonly web: { readonly port: number; readonly host: string }
  readonly programs: Awaited<ReturnType<typeof programs>>
}

/** The launcher's own parts, so that tests run what `npm start` runs. */
export const launcher = async <T>(file: string): Promise<T> =>
  (await import(new URL(`../../../tools/start/${file}`, import.meta.url).href)) as T

/** The servers of this host. */
export async function programs() {
  const { provideServer, provideGatewayNode } = await provision()
  return {
    nats: await provideServer('nats-server'),
    redis: await provideServer('redis-server'),
    gateway: await provideGatewayNode(process.execPath),
  }
}
