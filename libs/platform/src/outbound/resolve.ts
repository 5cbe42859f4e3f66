import { Resolver, lookup as systemLookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'

/** Looks up all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

/** Longer: more that waits for a name server which does not answer; shorter: names that are far away are not found. */
const TIMEOUT_MS = 2_000

/** With all that the system knows (hosts file, search domains). It has four threads for that, for the whole process. */
const resolveBySystem: Resolve = async (hostname) =>
  (await systemLookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)

/**
 * By name servers alone, and without a thread: whoever chooses a name whose server never answers keeps nobody else from being looked up. A
 * family that is not told counts as one without addresses. `servers`: others than the system's.
 */
export const byNameServers =
  (servers?: readonly string[]): Resolve =>
  async (hostname) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 })
    if (servers) resolver.setServers(servers)
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
    const found = [v4, v6].map((one) => (one.status === 'fulfilled' ? one.value : []))
    // Only the first one is connected to: of the family that this machine has.
    return (hasIPv4() ? found : found.reverse()).flat()
  }
const resolveByNameServers = byNameServers()

const hasIPv4 = (): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ family, internal }) => family === 'IPv4' && !internal))

/** `isNamed`: by the operator; others are somebody's choice. */
export const resolverFor = (isNamed: boolean): Resolve => (isNamed ? resolveBySystem : resolveByNameServers)
