import type { Preview } from '@beseda/proto/preview/v1/preview_service'
import { hostOf } from '@beseda/rules'
import { reactive } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { previews } from '../../../net/index.js'

/** Limit of cached previews in one window; older ones are fetched again when they come back into view. */
const MOST = 300

/** The preview of a link; `found` undefined: not known yet. */
export interface LinkCard {
  readonly url: string
  readonly host: string
  found: Pick<Preview, 'title' | 'description' | 'siteName'> | undefined
  imageUrl: string
}

const cards = new Map<string, LinkCard>()

/** The card of a link, filled in when the server has fetched it. */
export function cardOf(url: string): LinkCard {
  const known = cards.get(url)
  if (known) return known
  const card = reactive<LinkCard>({
    url,
    host: hostOf(url),
    found: undefined,
    imageUrl: '',
  })
  cards.set(url, card)
  const [oldest] = cards.keys()
  if (cards.size > MOST && oldest !== undefined) forget(oldest)
  void fill(card)
  return card
}

async function fill(card: LinkCard): Promise<void> {
  const answer = await previews.getPreview({ url: new URL(card.url).href }).catch(handled('link-preview'))
  // Fetched again when it comes back into view.
  if (!answer) cards.delete(card.url)
  const { preview } = answer ?? {}
  card.found = preview ?? { title: '', description: '', siteName: '' }
  // The card was evicted meanwhile: release its picture.
  if (!preview || preview.image.length === 0 || cards.get(card.url) !== card) return
  card.imageUrl = URL.createObjectURL(new Blob([new Uint8Array(preview.image)], { type: 'image/webp' }))
}

function forget(url: string): void {
  const card = cards.get(url)
  if (card?.imageUrl) URL.revokeObjectURL(card.imageUrl)
  cards.delete(url)
}
