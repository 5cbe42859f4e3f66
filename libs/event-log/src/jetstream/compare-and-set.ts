/** Runs a conditional write. False: the condition does not hold, because another replica wrote first. */
export async function unlessOutrun(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (error instanceof Error && /wrong last sequence|key exists/i.test(error.message)) return false
    throw error
  }
}
