/** The client of the history, with all its messages, for the first screens: they are shown before what happened earlier is asked for. */
export const historyClient = async () => (await import('./history.js')).history
