import { inRoot, NODE } from '../lib/root.mjs'

/**
 * The browser connects to Vite's server, which proxies the paths of the gateway (web/vite.config.ts).
 * @param {{ port: number, host: string, gateway: string }} place @returns {import('../start/plan.mjs').Plan}
 */
export const planVite = ({ port, host, gateway }) => ({
  name: 'vite',
  command: NODE,
  args: [
    inRoot('node_modules', 'vite', 'bin', 'vite.js'),
    inRoot('web'),
    ...['--port', String(port), '--strictPort', '--host', host, '--clearScreen', 'false'],
  ],
  env: { GATEWAY: gateway },
  ready: async () => (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) })).status === 200,
})
