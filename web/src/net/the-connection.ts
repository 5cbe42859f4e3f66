import { Connection } from './connection.js'

/** The one of this window. */
export const connection = new Connection()
