/** Three significant digits. @param {number} ms */
export const inMs = (ms) => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2))

/** @param {import('./measure.mjs').Times} times */
export const p50p99 = ({ p50, p99 }) => `${inMs(p50)} / ${inMs(p99)}`

/** 1000 as "1 k", a million as "1 M". @param {number} count */
export const short = (count) =>
  count >= 1e6 ? `${+(count / 1e6).toFixed(1)} M` : count >= 1e3 ? `${+(count / 1e3).toFixed(1)} k` : String(count)

/** @param {number} bytes */
export const inMb = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`

/** A Markdown table with aligned columns. @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)))
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
