/** Metadata key of a stream's epoch: random and set when the stream is created, so that a recreated stream has another one. */
export const EPOCH = 'beseda-epoch'
