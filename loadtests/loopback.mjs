/** A campaign is for one's own machines: aimed at others it is an attack, so another one is to be called one's own. Errors: a sentence. @param {string} target */
export function assertLoopback(target) {
  const url = URL.parse(target)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(`--target must be an HTTP address, not "${target}".`)
  if (url.hostname !== 'localhost' && url.hostname !== '[::1]' && !/^127\.\d+\.\d+\.\d+$/.test(url.hostname)) {
    throw new Error(`${url.hostname} is not this machine: say --mine if the installation is yours.`)
  }
}
