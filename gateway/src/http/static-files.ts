import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

export interface StaticFile {
  readonly contentType: string
  readonly body: Buffer
  /** Undefined if compression does not make it smaller. */
  readonly brotli: Buffer | undefined
  readonly etag: string
  readonly cacheControl: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}
const COMPRESSED = /^(text|application\/(json|manifest|wasm))|svg/
/** Written by the build of the client beside each text, at the highest quality. */
const COMPRESSED_NAME = '.br'

/** Reads the web client's files into memory: they are few, and never change while a gateway runs. By path. */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith(COMPRESSED_NAME)) continue
    const file = join(entry.parentPath, entry.name)
    files.set(`/${relative(folder, file).split(sep).join('/')}`, readOne(file))
  }
  return files
}

function readOne(file: string): StaticFile {
  const body = readFileSync(file)
  // Names in /assets contain a hash of their content; all other files may change with the next deployment.
  const cacheControl = file.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache'
  return staticFile(TYPES[extname(file)] ?? 'application/octet-stream', body, cacheControl, written(file, body))
}

/** `made`: the body as it is compressed already. */
export function staticFile(contentType: string, body: Buffer, cacheControl: string, made?: Buffer): StaticFile {
  const brotli = COMPRESSED.test(contentType) ? (made ?? compressed(body)) : undefined
  return {
    contentType,
    body,
    brotli: brotli && brotli.length < body.length ? brotli : undefined,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    cacheControl,
  }
}

/** What the build has compressed, unless the file was changed since. */
function written(file: string, body: Buffer): Buffer | undefined {
  if (!existsSync(file + COMPRESSED_NAME)) return undefined
  const brotli = readFileSync(file + COMPRESSED_NAME)
  try {
    return brotliDecompressSync(brotli).equals(body) ? brotli : undefined
  } catch {
    // Cut short, or something else.
    return undefined
  }
}

const compressed = (body: Buffer): Buffer =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
