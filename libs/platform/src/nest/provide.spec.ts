import { expect, expectTypeOf, test } from 'vitest'
import { provide, provideClass, token } from './provide.js'

abstract class Store {
  abstract load(id: string): string
}
class MemoryStore extends Store {
  load(id: string): string {
    return id
  }
}
class Commands {
  constructor(
    readonly store: Store,
    readonly limit: number,
  ) {}
}
class Closed {
  private constructor(readonly value: string) {}
  static of(value: string): Closed {
    return new Closed(value)
  }
}
const LIMIT = token<number>('limit')

test('a provider is a factory with what it injects', () => {
  const provider = provide(Store, [LIMIT], (limit) => {
    expectTypeOf(limit).toEqualTypeOf<number>()
    return new MemoryStore()
  })
  expect(provider).toMatchObject({ provide: Store, inject: [LIMIT] })
  expect(provider.useFactory(7)).toBeInstanceOf(MemoryStore)
})

test('a class gets what it injects, in the order of its constructor', () => {
  const provider = provideClass(Commands, [Store, LIMIT])
  const store = new MemoryStore()
  expect(provider.useFactory(store, 7)).toEqual(new Commands(store, 7))
})

test('mistakes are errors of types', () => {
  // @ts-expect-error the constructor takes the store first
  provideClass(Commands, [LIMIT, Store])
  // @ts-expect-error the limit is missing
  provideClass(Commands, [Store])
  // @ts-expect-error a string is no store
  provide(Store, [], () => 'store')
  // @ts-expect-error a limit is no store
  provide(LIMIT, [LIMIT], (store: Store) => store.load('a').length)
  expect(provide(Closed, [], () => Closed.of('a')).provide).toBe(Closed)
})
