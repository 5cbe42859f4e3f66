import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

/** A port of a test's broker that wants TLS, a name and a password. */
export interface KafkaDoor {
  readonly broker: string
  /** Certificate authority, PEM. */
  readonly caFile: string
  readonly username: string
  /** For every mechanism the same. */
  readonly password: string
  /** Arguments with which the broker's folder is formatted: names for SCRAM stand in the cluster's own log. */
  readonly formatting: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

const MODULES = {
  plain: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'scram-sha-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'scram-sha-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
}

/** Makes the certificate in `folder`, with the tool that comes with Java. Errors: what the tool wrote. */
export async function secureDoor(folder: string, port: number): Promise<KafkaDoor> {
  const [username, password] = ['beseda', randomBytes(12).toString('hex')]
  const [store, caFile] = [join(folder, 'keys.p12'), join(folder, 'ca.pem')]
  const common = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', password, '-alias', 'broker']
  const kind = ['-keyalg', 'EC', '-validity', '2', '-dname', 'CN=beseda-test', '-ext', 'san=ip:127.0.0.1']
  keytool(['-genkeypair', ...common, ...kind])
  keytool(['-exportcert', '-rfc', '-file', caFile, ...common])
  const user = `[name=${username},password=${password}]`
  const login = (name: keyof typeof MODULES) =>
    `${MODULES[name]} required${name === 'plain' ? ` user_${username}="${password}"` : ''};`
  const modules = (Object.keys(MODULES) as (keyof typeof MODULES)[]).map((name) => [
    `listener.name.sasl_ssl.${name}.sasl.jaas.config`,
    login(name),
  ])
  return {
    ...{ broker: `127.0.0.1:${port}`, caFile, username, password },
    formatting: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((one) => ['--add-scram', `${one}=${user}`]),
    settings: {
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': store,
      'ssl.keystore.password': password,
      ...Object.fromEntries(modules),
    },
  }
}

function keytool(args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('keytool', args, { encoding: 'utf8' })
  if (error || status !== 0) throw new Error(`keytool made no certificate: ${error?.message ?? stdout + stderr}`)
}
