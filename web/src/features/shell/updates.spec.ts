import { afterEach, expect, test, vi } from 'vitest'
import { answering, keepShell, watchRegistration } from './updates.js'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

class Worker extends EventTarget {
  state = 'installing'
  become(state: string): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
}
class Registration extends EventTarget {
  waiting: ServiceWorker | null = null
  installing: ServiceWorker | null = null
  active: ServiceWorker | null = null
  update = async () => undefined
  begin(worker: Worker): void {
    this.installing = worker as unknown as ServiceWorker
    this.dispatchEvent(new Event('updatefound'))
  }
}
function watched(controlled: boolean, before?: Worker) {
  const registration = new Registration()
  registration.waiting = (before as unknown as ServiceWorker | undefined) ?? null
  const found: unknown[] = []
  watchRegistration(
    registration,
    () => controlled,
    (worker) => found.push(worker),
  )
  return { registration, found }
}

test('a version that is installed beside the running one is offered', () => {
  const { registration, found } = watched(true)
  const worker = new Worker()
  registration.begin(worker)
  expect(found).toEqual([])
  worker.become('installed')
  expect(found).toEqual([worker])
})

test('one that was waiting when the window was opened is offered at once', () => {
  const worker = new Worker()
  expect(watched(true, worker).found).toEqual([worker])
})

test('the first installation is not an update', () => {
  const { registration, found } = watched(false)
  const worker = new Worker()
  registration.begin(worker)
  worker.become('installed')
  expect(found).toEqual([])
})

test('one that failed is not offered', () => {
  const { registration, found } = watched(true)
  const worker = new Worker()
  registration.begin(worker)
  worker.become('redundant')
  expect(found).toEqual([])
})

test.each(['activated', 'redundant'])('nobody waits for a first worker that is %s', async (state) => {
  const registration = new Registration()
  const worker = new Worker()
  registration.begin(worker)
  let over = false
  const waiting = answering(registration).then(() => {
    over = true
  })
  worker.become('installed')
  await Promise.resolve()
  expect(over).toBe(false)
  worker.become(state)
  await waiting
})

test('nobody waits for a new version while an older one answers', async () => {
  const registration = new Registration()
  registration.active = new Worker() as unknown as ServiceWorker
  registration.begin(new Worker())
  await answering(registration)
})

test('the worker is registered when the first screen is complete, not before', async () => {
  vi.stubGlobal('document', new EventTarget())
  vi.useFakeTimers()
  const asked: string[] = []
  const register = async (url: string) => {
    asked.push(url)
    return new Registration()
  }
  const complete = Promise.withResolvers<void>()
  const kept = keepShell({ register, controller: null } as unknown as ServiceWorkerContainer, complete.promise)
  await vi.runAllTicks()
  expect(asked).toEqual([])
  complete.resolve()
  await kept
  expect(asked).toEqual(['/sw.js'])
})

test('a browser that refuses workers is asked once, and nothing waits for it', async () => {
  const register = () => Promise.reject(new Error('not here'))
  await keepShell({ register } as unknown as ServiceWorkerContainer, Promise.resolve())
})
