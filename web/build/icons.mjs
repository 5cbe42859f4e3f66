// `npm run icons -w @beseda/web`: the icons of the installed client, drawn from public/mark.svg. The same input gives the same files.
import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

const publicFile = (/** @type {string} */ name) => fileURLToPath(new URL(`../public/${name}`, import.meta.url))
const GROUND = '#101716'
/** `share`: the part of the square that the mark fills; a maskable icon may be cut to a circle of 80 %. @type {{ name: string, size: number, share: number, ground?: string }[]} */
const ICONS = [
  { name: '192.png', size: 192, share: 0.9 },
  { name: '512.png', size: 512, share: 0.9 },
  { name: 'maskable-192.png', size: 192, share: 0.58, ground: GROUND },
  { name: 'maskable-512.png', size: 512, share: 0.58, ground: GROUND },
  { name: '180.png', size: 180, share: 0.68, ground: GROUND },
  // One colour, for Android's notification bar: it draws every opaque pixel.
  { name: 'badge-96.png', size: 96, share: 0.9 },
]

const mark = await readFile(publicFile('mark.svg'))
await mkdir(publicFile('icons'), { recursive: true })
for (const { name, size, share, ground } of ICONS) {
  const inner = Math.round(size * share)
  const edge = Math.floor((size - inner) / 2)
  const drawn = await sharp(mark, { density: (72 * inner) / 64 })
    .resize(inner, inner)
    .png()
    .toBuffer()
  await sharp({ create: { width: size, height: size, channels: 4, background: ground ?? '#00000000' } })
    .composite([{ input: drawn, left: edge, top: edge }])
    .png({ palette: true, colours: 64, compressionLevel: 9, effort: 10 })
    .toFile(publicFile(`icons/${name}`))
}
