import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { access, constants, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Advice } from '../lib/root.mjs'
import { roomForFilesGb } from './disk.mjs'
import { INSTANCE_FILE } from './instance.mjs'
import { SERVICES } from './plan.mjs'

/** All data of an installation is in this folder. `filesGb`: what uploaded files may take. */
/** @typedef {{ folder: string, logs: string, nats: string, redis: string, views: string, signingKey: Record<'identity' | 'call', string>, secret: string, sfu: { secret: string, config: string }, passwords: Record<string, string>, filesGb: number }} Data */

export const NATS_USERS = ['admin', ...SERVICES, 'gateway']

/** Deletes all data except the file that says who holds the folder. @param {string} folder */
export async function reset(folder) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name !== INSTANCE_FILE)
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

/** Errors: Advice when it cannot be written to. @param {string} folder */
export async function makeFolder(folder) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    throw new Advice(`The data cannot be kept in ${folder} (${message}): name another folder with --data <path>.`)
  }
}

/** Creates what is missing and keeps what exists: keys and passwords live as long as the log. @param {string} folder @returns {Promise<Data>} */
export async function openData(folder) {
  const [nats, redis, views, logs, keys] = ['nats', 'redis', 'views', 'logs', 'keys'].map((name) => join(folder, name))
  if (!nats || !redis || !views || !logs || !keys) throw new Error('unreachable: five names make five paths')
  for (const each of [nats, redis, views, logs, keys]) await mkdir(each, { recursive: true, mode: 0o700 })
  return {
    folder,
    logs,
    nats,
    redis,
    views,
    signingKey: {
      identity: await keep(join(keys, 'identity.pem'), newSigningKey),
      call: await keep(join(keys, 'call.pem'), newSigningKey),
    },
    secret: await keep(join(keys, 'secret.hex'), () => randomBytes(32).toString('hex')),
    sfu: {
      secret: await keep(join(keys, 'sfu.hex'), () => randomBytes(32).toString('hex')),
      config: join(keys, 'sfu.json'),
    },
    passwords: await keepPasswords(join(keys, 'nats-passwords.json')),
    filesGb: roomForFilesGb(nats),
  }
}

/** A service added in a later version gets a password, too. @param {string} file @returns {Promise<Record<string, string>>} */
async function keepPasswords(file) {
  const kept = JSON.parse(await readFile(await keep(file, newPasswords), 'utf8'))
  if (NATS_USERS.every((user) => user in kept)) return kept
  const passwords = { ...JSON.parse(newPasswords()), ...kept }
  await writeFile(file, JSON.stringify(passwords), { mode: 0o600 })
  return passwords
}

const newSigningKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A password in nats.conf must begin with a letter: a leading digit would be read as a number. */
const newPasswords = () =>
  JSON.stringify(Object.fromEntries(NATS_USERS.map((user) => [user, `p${randomBytes(24).toString('hex')}`])))

/** @param {string} file @param {() => string} make */
async function keep(file, make) {
  if (!existsSync(file)) await writeFile(file, make(), { mode: 0o600 })
  return file
}
