import type { RouteLocationNormalizedLoaded } from 'vue-router'

/** The code of a link that was sent to a person: behind `#`, which no browser sends to a server; in the path, as earlier releases sent it. */
export const codeOfLink = ({ hash, params }: Pick<RouteLocationNormalizedLoaded, 'hash' | 'params'>): string =>
  hash.slice(1) || String(params.code ?? '')
