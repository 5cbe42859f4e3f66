// Creates the streams and the buckets of the log, and gives existing ones the wanted number of replicas. Run once per installation and after
// every upgrade, as NATS user `admin`; idempotent.
import { connectNats, integer, readConfig, setUpLog } from '@beseda/platform'

const config = readConfig('setup-log', process.env)
const replicas = process.env.STREAM_REPLICAS ? integer(process.env, 'STREAM_REPLICAS', 1, 1, 5) : undefined
const connection = await connectNats(config)
try {
  const now = await setUpLog(connection, { partitions: config.partitionCount, replicas })
  const counts = [...new Set(now.values())].sort((a, b) => a - b).join(' or ')
  process.stdout.write(`the log has ${config.partitionCount} partitions, each stream with ${counts} replica(s)\n`)
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`)
  process.exitCode = 1
} finally {
  await connection.close()
}
