import type { Preview } from '../../application/ports.js'

/** A preview as the contract shows it. */
export const previewOf = ({ title, description, siteName, picture }: Preview) => ({
  title,
  description,
  siteName,
  ...(picture ? { image: picture.bytes, imageWidth: picture.width, imageHeight: picture.height } : {}),
})
