/**
 * Whether a request comes from a page of another installation. Only browsers send an Origin; programs send none. A page that this gateway
 * itself has served is none of another one, also at an address that is not the public one.
 */
export function isForeign(origin: string, host: string, publicUrl: string | undefined): boolean {
  if (origin === '' || publicUrl === undefined) return false
  if (origin === new URL(publicUrl).origin) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}
