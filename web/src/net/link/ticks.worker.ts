/** Ticks as often as its name says, ms. */
setInterval(() => postMessage(0), Number(self.name))
