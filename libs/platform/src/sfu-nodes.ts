import type { Environment } from './config.js'

/** A node of the SFU, which forwards the media of large calls. */
export interface SfuNode {
  /** WebSocket address at which clients reach it; also its name. */
  readonly url: string
  /** HTTP address at which the call service reaches it. */
  readonly inside: string
}

const NODE = /^(wss?:\/\/[^\s=]+)=(https?:\/\/[^\s=]+)$/

/** The nodes that SFU_NODES names, as in `wss://sfu1.example.org=http://sfu1:7880`, separated by commas. Errors: a sentence that names the variable. */
export const readSfuNodes = (env: Environment): readonly SfuNode[] =>
  (env.SFU_NODES ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(nodeOf)

function nodeOf(text: string): SfuNode {
  const [, url = '', inside = ''] = NODE.exec(text) ?? []
  if (!URL.canParse(url) || !URL.canParse(inside)) {
    throw new Error('SFU_NODES must be like wss://sfu1.example.org=http://sfu1:7880, with commas between nodes')
  }
  return { url: url.replace(/\/$/, ''), inside: inside.replace(/\/$/, '') }
}
