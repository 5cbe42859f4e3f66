// Creates the streams and the buckets of the log. Run once per installation, as NATS user `admin`; idempotent.
import { connectNats, integer, readConfig, setUpLog } from '@beseda/platform'

const config = readConfig('setup-log', process.env)
const replicas = integer(process.env, 'STREAM_REPLICAS', 1, 1, 5)
const connection = await connectNats(config)
try {
  await setUpLog(connection, { partitions: config.partitionCount, replicas })
  process.stdout.write(`the log has ${config.partitionCount} partitions with ${replicas} replica(s)\n`)
} finally {
  await connection.close()
}
