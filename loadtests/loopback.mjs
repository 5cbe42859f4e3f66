/** A campaign against somebody else's machine is an attack, so a target other than this machine needs an explicit --mine. Errors: a sentence. @param {string} target */
export function assertLoopback(target) {
  const url = URL.parse(target)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(`--target must be an HTTP address, not "${target}".`)
  if (url.hostname !== 'localhost' && url.hostname !== '[::1]' && !/^127\.\d+\.\d+\.\d+$/.test(url.hostname)) {
    throw new Error(`${url.hostname} is not this machine: say --mine if the installation is yours.`)
  }
}
