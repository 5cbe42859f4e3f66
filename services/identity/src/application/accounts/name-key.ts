import { createHash } from 'node:crypto'

/** What stands for a user name in subjects: dots in a name would separate tokens. */
export const nameKey = (username: string): string => createHash('sha256').update(username).digest('hex')
