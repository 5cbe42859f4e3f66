/** Key of the sentence that says what is wrong with a code of the app; empty: nothing. Spaces and dashes do not matter. */
export const codeProblem = (text: string): string =>
  /^\d{6}$/.test(text.replace(/[\s-]/g, '')) ? '' : 'factor.sixDigits'

/** Of a code of the app, or a recovery code. */
export const anyCodeProblem = (text: string): string => (text.trim() === '' ? 'factor.codeMissing' : '')
