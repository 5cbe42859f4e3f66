/** Metadata key of a stream's epoch: random, made with the stream, so that a recreated stream has another one. */
export const EPOCH = 'beseda-epoch'
