import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OVERLAYS, PROCESSES, render, selects, workloadsOf } from './testing/render.js'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
/** The commands for Kubernetes below a heading, without their remarks. */
const commandsOf = (heading: string): string[] => {
  const section = page.split(/^##+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'))
  return blocks.filter((line) => line.startsWith('kubectl')).map((line) => line.replace(/ {2,}#.*$/, ''))
}
const restore = commandsOf('Restore')
const move = commandsOf('From a trial to production')
const admin = render('jobs/admin')

test('a restore stops every process of the platform, and neither NATS nor the pod that restores', () => {
  const scale = restore.find((command) => command.includes(' scale ') && command.includes(' -l '))
  const [, kinds = '', label = '', value = ''] = / scale (\S+) -l ([\w.]+)=(\S+) --replicas=0$/.exec(scale ?? '') ?? []
  for (const overlay of OVERLAYS) {
    const stopped = [...render(overlay), ...admin].filter(
      ({ kind, metadata }) =>
        kinds.split(',').includes(kind.toLowerCase()) &&
        selects({ matchLabels: { [label]: value } }, metadata.labels ?? {}),
    )
    expect(new Set(stopped.map(({ metadata }) => metadata.name)), overlay).toEqual(new Set(PROCESSES))
  }
})

test('the autoscaler is away while everything is stopped, and does not leave the gateway at none', () => {
  const order = [
    ' delete hpa gateway',
    ' scale deployment,statefulset ',
    'main.mjs restore ',
    ' scale deployment gateway ',
  ]
  const at = order.map((part) => restore.findIndex((command) => command.includes(part)))
  expect(at).toEqual([...at].sort((a, b) => a - b))
  expect(at).not.toContain(-1)
  for (const overlay of OVERLAYS) {
    const autoscalers = render(overlay).filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
    expect(autoscalers.map(({ metadata }) => metadata.name)).toEqual(['gateway'])
  }
})

test('the operator’s commands name a pod, a program and a folder that exist', () => {
  const [workload] = workloadsOf(admin)
  const mounts = workload?.pod.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)
  expect([workload?.title, mounts]).toEqual(['Job/admin', expect.arrayContaining(['/backups'])])
  const given = [...restore, ...move].filter((command) => command.includes(' exec '))
  expect(given.length).toBeGreaterThan(2)
  for (const command of given) {
    expect(command).toMatch(
      /exec (-i )?job\/admin -- (node tools\/admin\/main\.mjs (backup|restore) \/backups|tar -C \/backups )/,
    )
  }
})

test('a trial moves into the other namespace, and is stopped before it is copied', () => {
  const namespaces = move.map((command) => / -n (\S+)/.exec(command)?.[1])
  expect(new Set(namespaces)).toEqual(new Set(['beseda-trial', 'beseda', undefined]))
  const at = (part: string) => move.findIndex((command) => command.includes(part))
  expect([
    at('--replicas=0') > 0,
    at('--replicas=0') < at('main.mjs backup'),
    at('main.mjs backup') < at('tar '),
  ]).toEqual([true, true, true])
})
