/** This browser cannot play it, or it is damaged. */
export class UnplayableFile extends Error {
  constructor() {
    super('the file cannot be played')
  }
}
