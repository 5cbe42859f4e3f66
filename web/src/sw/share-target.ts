import { noteShared, SHARE_PATH } from './shared.js'

/** Another app shares something with this one, by the form that the manifest describes. */
export const isShare = ({ method, url }: Pick<Request, 'method' | 'url'>, origin: string): boolean =>
  method === 'POST' && new URL(url).origin === origin && new URL(url).pathname === SHARE_PATH

/** Kept on this device, also without a network; the page that follows asks where it shall go. */
export async function receiveShare(request: Request): Promise<Response> {
  await noteShared(await request.formData(), Date.now())
  return Response.redirect(SHARE_PATH, 303)
}
