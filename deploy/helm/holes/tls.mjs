import { combine } from '../lib/combine.mjs'

const CONDITION = '.Values.tls.enabled'

/**
 * What the component `tls` changes, on a value. Before all other holes: they are cut into both.
 * @param {import('./chart.mjs').Chart} chart @param {readonly import('../lib/objects.mjs').KubeObject[]} withTls the manifests with the component
 */
export function cutTls(chart, withTls) {
  const { objects, values } = chart
  values.group('tls', 'NATS and Redis over TLS, also between the servers of NATS.')
  values.add('tls.enabled', false, 'Whether they are. Your own NATS or Redis then has a url with tls:// or rediss://.')
  for (const other of withTls) {
    const plain = objects.all.find(({ kind, metadata }) => kind === other.kind && metadata.name === other.metadata.name)
    if (!plain) {
      chart.only(CONDITION, other)
      objects.all.push(other)
      continue
    }
    for (const part of /** @type {const} */ (['spec', 'data']))
      if (other[part]) plain[part] = combine(plain[part], other[part], CONDITION)
  }
}
