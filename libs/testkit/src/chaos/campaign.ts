import type { Fleet } from '../fleet/fleet.js'
import { PATIENCE_MS } from '../patience.js'
import { Conversation, type ConversationOptions } from './conversation.js'
import type { Fault } from './faults.js'
import type { Verdict } from './ledger.js'

/** The promise: after any fault, everybody is back within this time. */
export const BACK_WITHIN_MS = 30_000

export interface Row {
  readonly fault: string
  readonly lastedMs: number
  /** From the end of the fault until everybody was connected and received from everybody; undefined: not within the wait. */
  readonly backMs: number | undefined
  readonly acknowledged: number
  /** Largest number of Hellos in one second. */
  readonly peakHellos: number
}

export interface Report {
  readonly rows: readonly Row[]
  readonly verdict: Verdict
  /** Protocol violations, unexpected refusals, processes that ended by themselves. */
  readonly complaints: readonly string[]
  readonly holds: boolean
}

export interface CampaignOptions extends ConversationOptions {
  readonly fleet: Fleet
  /** Faults in this order; more are requested until this says that it is enough. */
  nextFault(): Fault | undefined
  onRow?(row: Row): void
}

/** People talk while one fault after another happens; then every promise is checked. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { fleet, random } = options
  const conversation = await Conversation.begin(fleet.url, options)
  const rows: Row[] = []
  const failures: string[] = []
  try {
    for (let fault = options.nextFault(); fault; fault = options.nextFault()) {
      const row = await suffer(fault, fleet, conversation, random)
      rows.push(row)
      options.onRow?.(row)
      if (row.backMs === undefined) failures.push(`after "${row.fault}" not everybody was back`)
      else if (row.backMs > BACK_WITHIN_MS) failures.push(`after "${row.fault}" it took ${row.backMs} ms`)
    }
    const verdict = await conversation.end(Date.now() + PATIENCE_MS)
    const complaints = [...failures, ...conversation.complaints, ...fleet.deaths]
    const faultless = [verdict.lost, verdict.doubled, verdict.disordered, complaints].every((list) => list.length === 0)
    return { rows, verdict, complaints, holds: faultless && verdict.acknowledged > 0 }
  } finally {
    await conversation.stop()
  }
}

async function suffer(fault: Fault, fleet: Fleet, conversation: Conversation, random: () => number): Promise<Row> {
  const before = conversation.ledger.size
  const began = Date.now()
  await fault.happen(fleet, random)
  const over = Date.now()
  const isBack = await conversation.everybodyIsBack(over + PATIENCE_MS).then(
    () => true,
    () => false,
  )
  const backMs = isBack ? Date.now() - over : undefined
  // A killed process is up again before the next fault: the promise covers one fault at a time.
  for (const name of fleet.names) await fleet.find(name).becomesReady()
  const acknowledged = conversation.ledger.size - before
  return { fault: fault.name, lastedMs: over - began, backMs, acknowledged, peakHellos: conversation.peakHellos(began) }
}
