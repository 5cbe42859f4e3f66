import { readFileSync } from 'node:fs'

/** Clock ticks of /proc a second, on every Linux that Node supports. */
const TICKS = 100

/** CPU time of a process so far, all its threads, in user and kernel space, seconds. @param {number | undefined} pid */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Starts to measure all cores of the machine; the returned function gives the share of them that was busy since, 0 to 1. */
export function machineBusy() {
  const before = coreTicks()
  return () => {
    const after = coreTicks()
    return (after.busy - before.busy) / (after.all - before.all)
  }
}

function coreTicks() {
  const [, ...fields] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/) ?? []
  // The fields after "steal" are included in the first two already.
  const ticks = fields.slice(0, 8).map(Number)
  const all = ticks.reduce((sum, one) => sum + one, 0)
  const [, , , idle = 0, waiting = 0] = ticks
  return { all, busy: all - idle - waiting }
}

/** Resident memory, bytes. @param {number | undefined} pid */
export const rssBytes = (pid) => kilobytes(`/proc/${pid}/status`, 'VmRSS') * 1024

/** Kernel objects of connections: sockets, their inodes, open files, entries of a poll. */
const OBJECTS = ['TCP', 'sock_inode_cache', 'filp', 'eventpoll_epi', 'eventpoll_pwq']
/** Each inode of a socket has one of these, too, but their own counts are mostly those of the file system. */
const WITH_INODE = ['dentry', 'lsm_inode_cache']

/**
 * Bytes of the kernel's own objects for connections: on one host they include both ends. Counts single objects where the
 * system reports them (as root), else all, including those of other work.
 */
export function kernelBytes() {
  const table = readable('/proc/slabinfo')
  if (table === undefined) return kilobytes('/proc/meminfo', 'Slab') * 1024
  const slabs = new Map(
    table.split('\n').map((line) => {
      const [name = '', active, , size] = line.split(/\s+/)
      return [name, { active: Number(active), size: Number(size) }]
    }),
  )
  const bytesOf = (/** @type {string} */ name) => (slabs.get(name)?.active ?? 0) * (slabs.get(name)?.size ?? 0)
  const inodes = slabs.get('sock_inode_cache')?.active ?? 0
  const own = OBJECTS.reduce((sum, name) => sum + bytesOf(name), 0)
  return own + WITH_INODE.reduce((sum, name) => sum + inodes * (slabs.get(name)?.size ?? 0), 0)
}

/** @param {string} file */
function readable(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return undefined
  }
}

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
