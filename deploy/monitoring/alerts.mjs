/**
 * The alerts, in the form of Prometheus rules. `critical`: people cannot talk now; `warning`: that will happen soon, or affects some people.
 * Every alert has a runbook in docs/runbooks and a case in rules.spec.ts.
 */
/** @typedef {{ alert: string, expr: string, for: string, labels: { severity: 'critical' | 'warning' }, annotations: { summary: string, description: string, runbook_url: string } }} Alert */

/** The runbook of an alert: target-down for BesedaTargetDown. @param {string} name */
export const pageOf = (name) =>
  name
    .replace(/^Beseda/, '')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()

/** @param {'critical' | 'warning'} severity @param {string} name @param {string} span @param {string} expr @param {string} summary @param {string} description @returns {Alert} */
const alert = (severity, name, span, expr, summary, description) => ({
  alert: name,
  expr: expr.replace(/\s+/g, ' ').trim(),
  for: span,
  labels: { severity },
  annotations: { summary, description, runbook_url: `docs/runbooks/${pageOf(name)}.md` },
})

const JOB = 'job=~".*beseda.*"'
/** Codes of failures caused by the platform, not by the caller. */
const OUR_FAULT = 'code=~"internal|unknown|unavailable|deadline_exceeded|data_loss|failed"'

/**
 * A service level objective for 30 days: fires when what may fail in that time is used up within two days (14.4 times too fast, over an
 * hour and still in the last five minutes), or within five (6 times, over six hours and still in the last half-hour).
 * @param {number} budget the share that may fail @param {(span: string) => string} share
 */
const burning = (budget, share) => {
  const over = (/** @type {string} */ long, /** @type {string} */ short, /** @type {number} */ times) =>
    `((${share(long)}) > ${Number((times * budget).toFixed(6))} and (${share(short)}) > ${Number((times * budget).toFixed(6))})`
  return `${over('1h', '5m', 14.4)} or ${over('6h', '30m', 6)}`
}

/** @type {readonly { name: string, rules: readonly Alert[] }[]} */
export const GROUPS = [
  {
    name: 'beseda-processes',
    rules: [
      alert(
        'critical',
        'BesedaTargetDown',
        '2m',
        `up{${JOB}} == 0`,
        'A Beseda process does not answer.',
        '{{ $labels.instance }} could not be scraped for two minutes.',
      ),
      // A target that discovery does not find any more is not down: it is not there.
      alert(
        'critical',
        'BesedaProcessMissing',
        '5m',
        'group by (service) (last_over_time(beseda_build_info[1d])) unless group by (service) (beseda_build_info)',
        'A service that was there is gone.',
        'No process of {{ $labels.service }} has been seen for five minutes; a day ago there was one.',
      ),
      alert(
        'critical',
        'BesedaNotReady',
        '5m',
        'beseda_ready == 0',
        'A process runs but is not ready.',
        '{{ $labels.instance }} fails a readiness check: /health/ready names it.',
      ),
      alert(
        'critical',
        'BesedaBusDisconnected',
        '1m',
        'beseda_bus_connected == 0',
        'A process has no connection to NATS.',
        '{{ $labels.instance }} is not connected to the bus: it can neither send nor store anything.',
      ),
      alert(
        'warning',
        'BesedaBusFlapping',
        '5m',
        'increase(beseda_bus_reconnects_total[15m]) > 5',
        'A process keeps losing its connection to NATS.',
        '{{ $labels.instance }} has reconnected {{ $value | humanize }} times in a quarter of an hour; if it is a gateway, all its clients resume each time.',
      ),
      alert(
        'warning',
        'BesedaRedisDisconnected',
        '1m',
        'beseda_redis_connected == 0',
        'A process has no connection to Redis.',
        '{{ $labels.instance }}: nobody can call, presence does not change, each gateway counts rate limits alone.',
      ),
      alert(
        'warning',
        'BesedaClocksApart',
        '5m',
        'abs(beseda_call_clock_ahead_seconds) > 5',
        'The clocks of two hosts differ.',
        '{{ $labels.instance }}: its clock is {{ $value | humanizeDuration }} away from the clock of Redis. Times of messages and ends of tokens are wrong by that.',
      ),
      alert(
        'warning',
        'BesedaSfuNodeDead',
        '1m',
        'min(beseda_sfu_nodes_living) < max(beseda_sfu_nodes)',
        'A node of the SFU does not answer.',
        'Of the nodes in SFU_NODES {{ $value }} answer. Calls have moved to them; with none, no call holds more people than a mesh.',
      ),
      alert(
        'warning',
        'BesedaEventLoopBusy',
        '5m',
        'nodejs_eventloop_lag_p99_seconds > 0.25',
        'The event loop of a process is overloaded.',
        '{{ $labels.instance }} reacts {{ $value | humanizeDuration }} late: add replicas, or move people off this one.',
      ),
    ],
  },
  {
    name: 'beseda-requests',
    rules: [
      alert(
        'critical',
        'BesedaRequestsFail',
        '5m',
        `sum(rate(beseda_gateway_call_duration_seconds_count{${OUR_FAULT}}[5m]))
          / sum(rate(beseda_gateway_call_duration_seconds_count[5m])) > 0.02`,
        'More than 2 % of people’s requests fail.',
        '{{ $value | humanizePercentage }} of the requests fail through no fault of the callers.',
      ),
      alert(
        'warning',
        'BesedaPostingSlow',
        '10m',
        `histogram_quantile(0.99, sum by (le) (rate(beseda_gateway_call_duration_seconds_bucket{method="beseda.group.v1.GroupService/PostMessage"}[5m]))) > 0.5`,
        'Posting a message is slow.',
        'One message in a hundred waits {{ $value | humanizeDuration }} or longer for its acknowledgement.',
      ),
      alert(
        'warning',
        'BesedaDeliverySlow',
        '10m',
        'histogram_quantile(0.99, sum by (le) (rate(beseda_gateway_fanout_delay_seconds_bucket{lane="messages"}[5m]))) > 1',
        'Messages arrive late.',
        'One message in a hundred reaches the sockets {{ $value | humanizeDuration }} or longer after it was accepted.',
      ),
    ],
  },
  {
    name: 'beseda-connections',
    rules: [
      alert(
        'warning',
        'BesedaReconnectStorm',
        '2m',
        'sum(rate(beseda_gateway_hellos_total[2m])) * 60 > 0.2 * sum(beseda_gateway_connections) + 100',
        'Many people reconnect at the same time.',
        '{{ $value | humanize }} connections are opened per minute: more than a fifth of all connections.',
      ),
      alert(
        'warning',
        'BesedaSnapshotsInsteadOfReplay',
        '10m',
        `sum(rate(beseda_gateway_resumes_total{plan="snapshot"}[10m])) / sum(rate(beseda_gateway_resumes_total[10m])) > 0.5
          and sum(rate(beseda_gateway_resumes_total[10m])) > 1`,
        'Clients fetch everything again instead of resuming.',
        '{{ $value | humanizePercentage }} of the groups at Hello need a snapshot: clients are too far behind, or the epoch has changed.',
      ),
      alert(
        'warning',
        'BesedaGaps',
        '10m',
        'sum(rate(beseda_gateway_repairs_total[5m])) > 1',
        'The bus loses copies of commits.',
        '{{ $value | humanize }} gaps per second are repaired from the log. No message is lost, but each repair costs a read.',
      ),
      alert(
        'warning',
        'BesedaSlowReaders',
        '10m',
        'sum(rate(beseda_gateway_closes_total{code="TOO_SLOW"}[5m])) > 0.5',
        'Many clients cannot keep up.',
        '{{ $value | humanize }} sockets per second are closed because their clients read too slowly.',
      ),
    ],
  },
  {
    name: 'beseda-log',
    rules: [
      alert(
        'critical',
        'BesedaLogUnavailable',
        '2m',
        'sum(rate(beseda_log_append_duration_seconds_count{result="failed"}[2m])) > 0',
        'Commits cannot be stored.',
        '{{ $value | humanize }} appends per second fail because JetStream does not answer.',
      ),
      alert(
        'warning',
        'BesedaLogFilling',
        '10m',
        'max by (server) (beseda_bus_storage_bytes / beseda_bus_storage_limit_bytes) > 0.8',
        'The disk of a NATS server is filling up.',
        '{{ $labels.server }} uses {{ $value | humanizePercentage }} of its storage limit: at 100 % nobody can post.',
      ),
      alert(
        'warning',
        'BesedaFilesFilling',
        '10m',
        'max(beseda_gateway_files_bytes / beseda_gateway_files_limit_bytes) > 0.8',
        'Uploaded files have almost used up their room.',
        'Files take {{ $value | humanizePercentage }} of what they may: at 100 % nobody can upload.',
      ),
      alert(
        'warning',
        'BesedaBackupOld',
        '15m',
        'time() - min(max by (stream) (beseda_log_backup_timestamp_seconds)) > 36 * 3600',
        'The last backup is old.',
        'No backup contains the messages of the last {{ $value | humanizeDuration }}.',
      ),
      alert(
        'warning',
        'BesedaLogReplicaMissing',
        '5m',
        'max by (stream) (beseda_log_replicas{state=~"behind|offline"}) > 0',
        'A stream has lost a replica.',
        '{{ $labels.stream }} has {{ $value | humanize }} replicas that are offline or behind: one more failure stops it.',
      ),
      alert(
        'warning',
        'BesedaLogContention',
        '10m',
        `sum(rate(beseda_log_append_duration_seconds_count{result="conflict"}[5m]))
          / sum(rate(beseda_log_append_duration_seconds_count[5m])) > 0.2`,
        'Writers conflict with each other.',
        '{{ $value | humanizePercentage }} of the appends conflict with another writer and are decided again.',
      ),
      // A rebuild is counted while the process starts, so the counter never rises from zero under the eyes of Prometheus.
      alert(
        'warning',
        'BesedaViewRebuilt',
        '0m',
        `max by (instance, view, reason) (beseda_view_rebuilds_total{reason=~"damaged|unreadable|foreign|ahead"}) > 0
          and on (instance) time() - process_start_time_seconds < 3600`,
        'A view could not be used and is built again.',
        '{{ $labels.view }} at {{ $labels.instance }} was {{ $labels.reason }}: nothing is lost, but its disk may be failing.',
      ),
      alert(
        'warning',
        'BesedaViewLags',
        '5m',
        'max by (instance, view, stream) (beseda_view_lag_commits) > 1000',
        'A view is behind the log.',
        '{{ $labels.view }} at {{ $labels.instance }} is {{ $value | humanize }} commits behind {{ $labels.stream }}: responses are outdated and commands wait.',
      ),
      alert(
        'warning',
        'BesedaViewDiskFilling',
        '10m',
        'min by (instance) (beseda_view_disk_free_bytes / beseda_view_disk_bytes) < 0.15',
        'The disk of a process’s views is filling up.',
        '{{ $labels.instance }} has {{ $value | humanizePercentage }} of its disk left: when it is full, its views stand still and it is not ready.',
      ),
      alert(
        'warning',
        'BesedaExportLags',
        '5m',
        'max by (stream) (beseda_export_lag_seconds) > 300',
        'The export of the history stands still.',
        'Events of {{ $labels.stream }} have waited for {{ $value | humanizeDuration }} to arrive in Kafka or EventStoreDB.',
      ),
      alert(
        'warning',
        'BesedaMailWaits',
        '5m',
        'max by (queue) (beseda_mail_queue_age_seconds) > 600',
        'Letters wait to be sent.',
        'The oldest of the queue “{{ $labels.queue }}” has waited for {{ $value | humanizeDuration }}: links for a new password (queue “account”) work for half an hour.',
      ),
    ],
  },
  {
    name: 'beseda-objectives',
    rules: [
      alert(
        'critical',
        'BesedaRequestsBudget',
        '2m',
        burning(
          0.001,
          (span) =>
            `sum(rate(beseda_gateway_call_duration_seconds_count{${OUR_FAULT}}[${span}])) / sum(rate(beseda_gateway_call_duration_seconds_count[${span}]))`,
        ),
        'Requests fail faster than 99.9 % in a month allows.',
        '{{ $value | humanizePercentage }} of the requests fail: at this rate the failures of a month are used up in days.',
      ),
      alert(
        'critical',
        'BesedaDeliveryBudget',
        '2m',
        burning(
          0.01,
          (span) =>
            `1 - sum(rate(beseda_gateway_fanout_delay_seconds_bucket{lane="messages",le="1.0"}[${span}])) / sum(rate(beseda_gateway_fanout_delay_seconds_count{lane="messages"}[${span}]))`,
        ),
        'Messages arrive late more often than 99 % within a second in a month allows.',
        '{{ $value | humanizePercentage }} of the deliveries take longer than a second: at this rate the late ones of a month are used up in days.',
      ),
    ],
  },
]
