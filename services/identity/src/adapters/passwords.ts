import { hash, verify } from '@node-rs/argon2'

/** argon2id with OWASP's first choice: 19 MiB, two passes; some 30 ms of one core. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, OPTIONS)

/** A hash that no password has, so that an unknown name takes as long as a wrong password. */
const nobody = hash(crypto.randomUUID(), OPTIONS)

export const verifyPassword = async (stored: string | undefined, password: string): Promise<boolean> =>
  (await verify(stored || (await nobody), password)) && stored !== undefined && stored !== ''
