import type { Abstract, FactoryProvider } from '@nestjs/common'

declare const type: unique symbol

/** What a provider is asked for by: a class, or a token for what has none. */
export type Token<T> = Abstract<T> | (symbol & { readonly [type]?: T })

/** A token for a value whose type is an interface. `name` is shown in Nest's errors. */
export const token = <T>(name: string): Token<T> => Symbol(name)

type Values<Tokens extends readonly Token<unknown>[]> = {
  [Index in keyof Tokens]: Tokens[Index] extends Token<infer T> ? T : never
}

/** A Nest factory provider whose factory is type-checked against what it injects. */
export const provide = <T, const Tokens extends readonly Token<unknown>[]>(
  provided: Token<T>,
  inject: Tokens,
  useFactory: (...values: Values<Tokens>) => T | Promise<T>,
): FactoryProvider<T> => ({
  provide: provided,
  inject: [...inject],
  useFactory: useFactory as (...values: unknown[]) => T | Promise<T>,
})

/** A provider of a class whose constructor takes exactly what is injected. */
export const provideClass = <T, const Tokens extends readonly Token<unknown>[]>(
  type: new (...values: Values<Tokens>) => T,
  inject: Tokens,
): FactoryProvider<T> => ({
  provide: type,
  inject: [...inject],
  useFactory: (...values: unknown[]) => new type(...(values as Values<Tokens>)),
})
