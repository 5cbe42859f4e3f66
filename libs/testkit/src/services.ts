/** The services that every installation runs. */
export const SERVICES = ['identity', 'group', 'membership', 'call', 'presence', 'notify', 'preview'] as const
/** Those that run only where they are configured. */
export const OPTIONAL_SERVICES = ['export', 'mail', 'caption'] as const
