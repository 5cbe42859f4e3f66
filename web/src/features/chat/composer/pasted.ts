/**
 * The files that a paste is about; none: its text is pasted by the browser. Spreadsheets and word processors put a picture of what
 * was copied beside the text; file managers put the names of the files there.
 */
export function pastedFiles(data: Pick<DataTransfer, 'files' | 'getData'>): readonly File[] {
  const files = [...data.files]
  const text = data.getData('text/plain').trim()
  const names = new Set(files.map(({ name }) => name))
  const isOfFiles = text
    .split(/[\r\n]+/)
    .every((line) => line === '' || names.has(line.split(/[/\\]/).at(-1) ?? '') || line.startsWith('file://'))
  return isOfFiles ? files : []
}
