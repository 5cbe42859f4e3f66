/** Ticks at the interval given in its name, ms. */
setInterval(() => postMessage(0), Number(self.name))
