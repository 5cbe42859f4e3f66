import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'

/** Where every service is named: a file, and how it stands there, with `<name>` or `<NAME>` for the service. */
const PLACES: readonly (readonly [file: string, how: RegExp])[] = [
  ['tsconfig.json', /"services\/<name>"/],
  ['Dockerfile', /^COPY services\/<name>\/package.json services\/<name>\/$/],
  ['biome.json', /"@beseda\/<name>"/],
  ['biome.json', /"\*\*\/<name>\/src\/\*\*"/],
  ['libs/rpc/src/methods.ts', /'@beseda\/proto\/<name>\/v1\//],
  ['libs/testkit/src/services.ts', /'<name>'/],
  ['tools/start/plan.mjs', /'<name>'/],
  ['tools/start/plan.spec.ts', /\b<name>\b/],
  ['tools/start/ports.mjs', /\b<name>: \d/],
  ['deploy/nats/nats.conf', /user: <name>$/],
  ['deploy/nats/nats.conf', /"_INBOX\.<name>\.>"/],
  ['deploy/compose/compose.yaml', /^ {2}<name>:$/],
  ['deploy/compose/compose.yaml', /\$\{NATS_PASSWORD_<NAME>\}/],
  ['deploy/compose/prometheus.yml', /- <name>:\d/],
  ['deploy/compose/secrets.sh', /\b<NAME>\b/],
  ['deploy/k8s/README.md', /for user in .*\b<name>\b/],
  ['deploy/k8s/base/kustomization.yaml', /- <name>$/],
  ['deploy/k8s/base/network/services.yaml', /[ []<name>[,\]]/],
  ['deploy/k8s/components/datastores/nats.yaml', /NATS_PASSWORD_<NAME>$/],
  ['deploy/k8s/components/datastores/nats.yaml', /key: <name> /],
  ['deploy/k8s/components/datastores/network.yaml', /[ []<name>[,\]]/],
  ['deploy/k8s/components/monitoring/network.yaml', /[ []<name>[,\]]/],
  ['deploy/k8s/components/monitoring/podmonitor.yaml', /[ []<name>[,\]]/],
  ['deploy/k8s/components/tracing/network.yaml', /[ []<name>[,\]]/],
  ['deploy/k8s/values/nats.yaml', /NATS_PASSWORD_<NAME>:.* key: <name> /],
  ['deploy/k8s/values/nats.yaml', /[ []<name>[,\]]/],
  ['web/src/features/admin/overview.ts', /'<name>'/],
  ['web/src/features/admin/overview.spec.ts', /'<name>'/],
  ['web/src/i18n/admin/en.ts', /\b<name>: '/],
  ['web/src/i18n/admin/ru.ts', /\b<name>: '/],
  ['README.md', /\b<name>\b/],
  ['docs/ARCHITECTURE.md', /(· |>)<name>\b/],
  ['docs/ARCHITECTURE.md', /[|`]<name>\b/],
  ['CONTRIBUTING.md', /(· |services\/ )<name>\b/],
]

/** A service that runs only where it is configured: what does not concern it, and where it is named instead. */
const OPTIONAL: Readonly<Record<string, { without: readonly string[]; instead: typeof PLACES }>> = {
  export: {
    // It answers no requests, and no installation of the tests or of the overlays starts it by itself.
    without: [
      'libs/rpc/src/methods.ts',
      'deploy/k8s/base/kustomization.yaml',
      'web/src/features/admin/overview.spec.ts',
    ],
    instead: [
      ['deploy/k8s/components/export/kustomization.yaml', /KAFKA_BROKERS/],
      ['deploy/k8s/components/export/statefulset.yaml', /services\/<name>\/dist\/main.js/],
      ['deploy/k8s/components/export/statefulset.yaml', /key: <name> /],
    ],
  },
  mail: {
    // It answers no requests either.
    without: [
      'libs/rpc/src/methods.ts',
      'deploy/k8s/base/kustomization.yaml',
      'web/src/features/admin/overview.spec.ts',
    ],
    instead: [
      ['deploy/k8s/components/mail/kustomization.yaml', /MAIL_FROM/],
      ['deploy/k8s/components/mail/deployment.yaml', /services\/<name>\/dist\/main.js/],
      ['deploy/k8s/components/mail/deployment.yaml', /key: <name> /],
    ],
  },
  caption: {
    // It answers requests, of people who have been told that there is an engine.
    without: ['deploy/k8s/base/kustomization.yaml', 'web/src/features/admin/overview.spec.ts'],
    instead: [
      ['deploy/k8s/components/caption/kustomization.yaml', /CAPTION_URL/],
      ['deploy/k8s/components/caption/deployment.yaml', /services\/<name>\/dist\/main.js/],
      ['deploy/k8s/components/caption/deployment.yaml', /key: <name> /],
    ],
  },
}

/** The service that has nothing of its own in these files: every other one is named at least as often. */
const LEAST = 'preview'

/** What is searched for, in the name of one service. */
const named = (how: RegExp, service: string): string =>
  how.source.replaceAll('<name>', service).replaceAll('<NAME>', service.toUpperCase())

const count = (file: string, pattern: string): number =>
  [...readFileSync(inRoot(file), 'utf8').matchAll(new RegExp(pattern, 'gm'))].length

const services = readdirSync(inRoot('services'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
  .map(({ name }) => name)

test.each(services)('%s is named wherever every service is', (service) => {
  const { without = [], instead = [] } = OPTIONAL[service] ?? {}
  const everywhere = PLACES.filter(([file]) => !without.includes(file))
  const missing = [...everywhere, ...instead].filter(
    ([file, how]) => count(file, named(how, service)) < Math.max(1, count(file, named(how, LEAST))),
  )
  expect(missing.map(([file, how]) => `${file}: ${named(how, service)}`)).toEqual([])
})

test('only a service that may look for the log waits for it: another one would wait for ever', () => {
  const users = readFileSync(inRoot('deploy/nats/nats.conf'), 'utf8')
    .split(/^ {6}user: /m)
    .slice(1)
  const looks = users.filter((user) => user.includes('$JS.API.STREAM.INFO.')).map((user) => user.split('\n')[0])
  const [, without = ''] =
    /WITHOUT_LOG.*\[(.*)\]/.exec(readFileSync(inRoot('libs/platform/src/log/until-set-up.ts'), 'utf8')) ?? []
  const waiting = services.filter((service) => !without.includes(`'${service}'`))
  expect(waiting.toSorted()).toEqual(services.filter((service) => looks.includes(service)).toSorted())
})
