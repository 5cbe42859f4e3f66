/** A campaign is for one's own machine: aimed at another it is an attack. Errors: a sentence. @param {string} target */
export function assertLoopback(target) {
  const url = URL.parse(target)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(`--target must be an HTTP address, not "${target}".`)
  if (url.hostname !== 'localhost' && url.hostname !== '[::1]' && !/^127\.\d+\.\d+\.\d+$/.test(url.hostname)) {
    throw new Error(`${url.hostname} is not this machine: campaigns run against loopback only.`)
  }
}
