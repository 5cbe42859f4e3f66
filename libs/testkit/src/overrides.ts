import type { BuildApp, Token } from '@beseda/platform'
import { Test } from '@nestjs/testing'

/** A provider of a service that a test replaces: its token, and its replacement. */
export interface Override {
  readonly token: Token<unknown>
  readonly value: unknown
}

export const override = <T>(token: Token<T>, value: NoInfer<T>): Override => ({ token, value })

/** Builds a service in which the factories of the overridden providers never run. */
export const withOverrides =
  (overrides: readonly Override[]): BuildApp =>
  async (root, options) => {
    const builder = Test.createTestingModule({ imports: [root] })
    for (const { token, value } of overrides) builder.overrideProvider(token).useValue(value)
    const module = await builder.compile()
    return module.createNestMicroservice(options)
  }
