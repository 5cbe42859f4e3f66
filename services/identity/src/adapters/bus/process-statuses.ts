import { STATUS_SUBJECT } from '@beseda/proto'
import { type ProcessStatus, ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { ProcessStatuses } from '../../application/administration/ports.js'

/** A process that has not answered by then is unwell or gone. */
const ANSWER_MS = 1_000

/** Asks all processes on the bus. */
export class BusProcessStatuses implements ProcessStatuses {
  constructor(private readonly nats: NatsConnection) {}

  async ask(): Promise<readonly ProcessStatus[]> {
    const answers = await this.nats.requestMany(STATUS_SUBJECT, '', { strategy: 'timer', maxWait: ANSWER_MS })
    const processes: ProcessStatus[] = []
    for await (const { data } of answers) {
      if (data.length > 0) processes.push(fromBinary(ProcessStatusSchema, data))
    }
    return processes
  }
}
