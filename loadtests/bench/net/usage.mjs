import { readFileSync } from 'node:fs'

/** Clock ticks of /proc a second, on every Linux that Node runs on. */
const TICKS = 100

/** CPU time of a process so far, all its threads, in user and kernel space, seconds. @param {number | undefined} pid */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident memory, bytes. @param {number | undefined} pid */
export const rssBytes = (pid) => kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024

/** Memory of the kernel's own objects, bytes: on one host both ends of a connection are in it. */
export const kernelBytes = () => kilobytes('/proc/meminfo', 'Slab') * 1024

/** @param {string} file @param {string} name */
function kilobytes(file, name) {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'))
  if (!found) throw new Error(`${file} has no ${name}`)
  return Number(found[1])
}

/** @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
