import type { Projection } from '@beseda/event-log'
import { type AccountRow, search } from './queries.js'

/** The directory of people, as far as this process has read. */
export class Directory {
  constructor(private readonly projection: Projection) {}

  search(query: string, limit: number): AccountRow[] {
    return search(this.projection.view, query, limit)
  }
}
