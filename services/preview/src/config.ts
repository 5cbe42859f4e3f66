import type { Environment } from '@beseda/platform'

export class PreviewConfig {
  constructor(
    /** False: nothing is fetched, and no link has a preview. */
    readonly enabled: boolean,
    /** Tests only: also fetches from this machine. */
    readonly allowLoopback: boolean,
  ) {}
}

/** Reads LINK_PREVIEWS (`off`) and LINK_PREVIEWS_ALLOW_LOOPBACK. */
export const readPreviewConfig = (env: Environment): PreviewConfig =>
  new PreviewConfig(env.LINK_PREVIEWS !== 'off', env.LINK_PREVIEWS_ALLOW_LOOPBACK === 'true')
