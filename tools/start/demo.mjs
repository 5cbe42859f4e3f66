export const seedDemo = async (/** @type {string} */ _url) => {}
