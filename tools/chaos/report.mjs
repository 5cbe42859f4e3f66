const seconds = (/** @type {number | undefined} */ ms) => (ms === undefined ? 'never' : (ms / 1000).toFixed(1))

/** A Markdown table with one row per fault, then the checker's verdict. @param {import('@beseda/testkit').Report} report */
export function reportOf({ rows, verdict, complaints }) {
  const cells = rows.map((row) => [
    row.fault,
    seconds(row.lastedMs),
    seconds(row.backMs),
    String(row.acknowledged),
    String(row.peakHellos),
  ])
  const head = ['fault', 'lasted, s', 'back after, s', 'acknowledged', 'Hellos/s, at most']
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const { acknowledged, owed, lost, doubled, disordered } = verdict
  return [
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    '',
    `${acknowledged} messages acknowledged, ${owed} deliveries owed (to every member, and in the history):`,
    `${lost.length} lost, ${doubled.length} doubled, ${disordered.length} members with another order`,
    ...[...lost, ...doubled, ...disordered].slice(0, 20).map((one) => `  ${one}`),
    ...complaints.map((one) => `  ! ${one}`),
  ].join('\n')
}
