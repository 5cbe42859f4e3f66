import type { IncomingHttpHeaders } from 'node:http'
import { Semaphore } from '@beseda/async'
import { OutboundRefused, type Resolve, requestOutside } from '@beseda/platform'
import sharp from 'sharp'
import type { Picture, WebPages } from '../application/ports.js'
import { pictureKind } from '../domain/picture-kind.js'

const MAX_PAGE = 512 * 1024
const MAX_PICTURE = 4 * 1024 * 1024
/** For a page with all its redirects, and for a picture with all of its own. */
const TIMEOUT_MS = 5_000
const MAX_REDIRECTS = 3
const MAX_PIXELS = 16_000_000
const WIDTH = 480
const HEIGHT = 320
/** Pictures redrawn at one time: a large one takes 64 MB meanwhile. More would not be faster on the few cores of a pod. */
const MAX_DRAWING = 2
const AGENT = 'Mozilla/5.0 (compatible; Beseda link preview)'

export interface InternetOptions {
  /** Tests only: also this machine. */
  readonly allowLoopback: boolean
  readonly resolve?: Resolve
  readonly timeoutMs?: number
}

/** The Internet through `requestOutside`: public addresses only, checked again at every redirect. */
export class Internet implements WebPages {
  readonly #drawing = new Semaphore({ permits: MAX_DRAWING })

  constructor(private readonly options: InternetOptions) {}

  async page(url: URL) {
    const answer = await this.#follow(url, 'text/html', MAX_PAGE)
    return { html: decode(answer.body, String(answer.headers['content-type'])), url: answer.url }
  }

  /** Redrawn: the result is a picture and nothing else, whatever the file was. */
  async picture(url: URL): Promise<Picture> {
    const { body } = await this.#follow(url, 'image/', MAX_PICTURE)
    if (pictureKind(body) === undefined) throw new OutboundRefused('a kind of picture that is not supported')
    return this.#drawing.run(() => draw(body))
  }

  async #follow(start: URL, kind: string, maxBytes: number) {
    const deadline = performance.now() + (this.options.timeoutMs ?? TIMEOUT_MS)
    let url = start
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const { timeoutMs: _, ...guard } = this.options
      const answer = await requestOutside(url, {
        ...guard,
        headers: { 'User-Agent': AGENT, Accept: kind === 'image/' ? 'image/*' : kind, 'Accept-Encoding': 'identity' },
        maxBytes,
        timeoutMs: Math.max(1, deadline - performance.now()),
        inspect: (status, headers) => inspect(status, headers, kind, maxBytes),
      })
      const { location } = answer.headers
      if (answer.status < 300) return { ...answer, url }
      if (!location || !URL.canParse(location, url.href))
        throw new OutboundRefused('a redirect without a valid address')
      url = new URL(location, url.href)
    }
    throw new OutboundRefused(`more than ${MAX_REDIRECTS} redirects`)
  }
}

async function draw(body: Buffer): Promise<Picture> {
  const { data, info } = await sharp(body, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
    .rotate()
    .resize(WIDTH, HEIGHT, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .webp({ quality: 70 })
    .toBuffer({ resolveWithObject: true })
  return { bytes: new Uint8Array(data), width: info.width, height: info.height }
}

/** Checks an answer before its body: its status, type and size. Errors: OutboundRefused. */
function inspect(status: number, headers: IncomingHttpHeaders, kind: string, maxBytes: number): void {
  if (status >= 300 && status < 400) return
  if (status !== 200) throw new OutboundRefused(`status ${status}`)
  const type = (headers['content-type'] ?? '').toLowerCase()
  if (!type.startsWith(kind) || type.startsWith('image/svg')) throw new OutboundRefused(`content type ${type}`)
  if (Number(headers['content-length']) > maxBytes) throw new OutboundRefused(`more than ${maxBytes} bytes`)
}

/** Decodes by the charset of the header, that which the page names, or UTF-8. */
function decode(body: Buffer, contentType: string): string {
  const start = body.subarray(0, 1_024).toString('latin1')
  const [, charset = 'utf-8'] =
    /charset=["']?([\w-]+)/i.exec(contentType) ?? /<meta[^>]+charset=["']?([\w-]+)/i.exec(start) ?? []
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // An unknown character set, or a broken text.
    return body.toString('utf8')
  }
}
