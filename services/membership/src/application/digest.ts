import { hash } from 'node:crypto'

/** What a view keeps of words to compare them with. 132 bits. */
export const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22)
