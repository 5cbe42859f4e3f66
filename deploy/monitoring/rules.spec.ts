import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { provideServer } from '../../tools/provision/index.mjs'
import { GROUPS, pageOf } from './alerts.mjs'
import { generated } from './generate.mjs'

const RULES = fileURLToPath(new URL('rules/beseda.yml', import.meta.url))
const promtool = await provideServer('promtool')
const run = (...args: string[]) =>
  execFileSync(promtool.command, [...promtool.args, ...args], { encoding: 'utf8', stdio: 'pipe' })
const alerts = GROUPS.flatMap(({ rules }) => rules)

/** Series in promtool's notation, one sample every 15 s: `1x80` is constant, `0+5x80` grows by five. */
type Series = Readonly<Record<string, string>>
const POST = 'method="beseda.group.v1.GroupService/PostMessage"'
/** A histogram with `fast` observations up to 0.1 s and `all` observations in total. */
const buckets = (metric: string, labels: string, fast: string, all: string): Series => ({
  [`${metric}_bucket{${labels},le="0.1"}`]: fast,
  [`${metric}_bucket{${labels},le="2.5"}`]: all,
  [`${metric}_bucket{${labels},le="+Inf"}`]: all,
})

/** Deliveries of messages within a second, and all. */
const delays = (within: string, all: string): Series => ({
  'beseda_gateway_fanout_delay_seconds_bucket{lane="messages",le="1.0"}': within,
  'beseda_gateway_fanout_delay_seconds_count{lane="messages"}': all,
})

/** For each alert: series that make it fire within 20 minutes, and series that just do not. */
const CASES: Readonly<Record<string, { fires: Series; stays: Series }>> = {
  BesedaTargetDown: {
    fires: { 'up{job="beseda",instance="a"}': '0x80' },
    stays: { 'up{job="other",instance="a"}': '0x80', 'up{job="beseda/beseda",instance="a"}': '1x80' },
  },
  BesedaNotReady: {
    fires: { 'beseda_ready{instance="a"}': '0x80' },
    stays: { 'beseda_ready{instance="a"}': '0x15 1x65' },
  },
  BesedaBusDisconnected: {
    fires: { 'beseda_bus_connected{instance="a"}': '0x80' },
    stays: { 'beseda_bus_connected{instance="a"}': '1x80' },
  },
  BesedaBusFlapping: {
    fires: { 'beseda_bus_reconnects_total{instance="a"}': '0+1x80' },
    stays: { 'beseda_bus_reconnects_total{instance="a"}': '0x40 2x40' },
  },
  BesedaRedisDisconnected: {
    fires: { 'beseda_redis_connected{instance="a"}': '0x80' },
    stays: { 'beseda_redis_connected{instance="a"}': '1x80' },
  },
  BesedaClocksApart: {
    fires: { 'beseda_call_clock_ahead_seconds{instance="a"}': '-60x80' },
    stays: { 'beseda_call_clock_ahead_seconds{instance="a"}': '0.2x80' },
  },
  BesedaSfuNodeDead: {
    fires: { 'beseda_sfu_nodes{instance="a"}': '2x80', 'beseda_sfu_nodes_living{instance="a"}': '1x80' },
    stays: { 'beseda_sfu_nodes{instance="a"}': '2x80', 'beseda_sfu_nodes_living{instance="a"}': '2x80' },
  },
  BesedaEventLoopBusy: {
    fires: { 'nodejs_eventloop_lag_p99_seconds{instance="a"}': '0.4x80' },
    stays: { 'nodejs_eventloop_lag_p99_seconds{instance="a"}': '0.05x80' },
  },
  BesedaRequestsFail: {
    fires: {
      'beseda_gateway_call_duration_seconds_count{code="ok"}': '0+90x80',
      'beseda_gateway_call_duration_seconds_count{code="internal"}': '0+10x80',
    },
    stays: {
      'beseda_gateway_call_duration_seconds_count{code="ok"}': '0+90x80',
      'beseda_gateway_call_duration_seconds_count{code="permission_denied"}': '0+50x80',
    },
  },
  BesedaPostingSlow: {
    fires: buckets('beseda_gateway_call_duration_seconds', POST, '0+50x80', '0+100x80'),
    stays: buckets('beseda_gateway_call_duration_seconds', POST, '0+100x80', '0+100x80'),
  },
  BesedaDeliverySlow: {
    fires: buckets('beseda_gateway_fanout_delay_seconds', 'lane="messages"', '0+50x80', '0+100x80'),
    stays: buckets('beseda_gateway_fanout_delay_seconds', 'lane="roster"', '0+50x80', '0+100x80'),
  },
  BesedaReconnectStorm: {
    fires: { beseda_gateway_hellos_total: '0+500x80', beseda_gateway_connections: '5000x80' },
    stays: { beseda_gateway_hellos_total: '0+20x80', beseda_gateway_connections: '5000x80' },
  },
  BesedaSnapshotsInsteadOfReplay: {
    fires: {
      'beseda_gateway_resumes_total{plan="snapshot"}': '0+90x80',
      'beseda_gateway_resumes_total{plan="replay"}': '0+10x80',
    },
    stays: {
      'beseda_gateway_resumes_total{plan="snapshot"}': '0+10x80',
      'beseda_gateway_resumes_total{plan="current"}': '0+90x80',
    },
  },
  BesedaGaps: {
    fires: { 'beseda_gateway_repairs_total{lane="messages"}': '0+30x80' },
    stays: { 'beseda_gateway_repairs_total{lane="messages"}': '0+1x80' },
  },
  BesedaSlowReaders: {
    fires: { 'beseda_gateway_closes_total{code="TOO_SLOW"}': '0+15x80' },
    stays: { 'beseda_gateway_closes_total{code="DRAINING"}': '0+99x80' },
  },
  BesedaLogUnavailable: {
    fires: { 'beseda_log_append_duration_seconds_count{result="failed"}': '0+1x80' },
    stays: { 'beseda_log_append_duration_seconds_count{result="conflict"}': '0+9x80' },
  },
  BesedaLogFilling: {
    fires: {
      'beseda_bus_storage_bytes{server="nats-0",instance="a"}': '85x80',
      'beseda_bus_storage_limit_bytes{server="nats-0",instance="a"}': '100x80',
      'beseda_bus_storage_bytes{server="nats-1",instance="a"}': '10x80',
      'beseda_bus_storage_limit_bytes{server="nats-1",instance="a"}': '100x80',
    },
    stays: {
      'beseda_bus_storage_bytes{server="nats-0",instance="a"}': '79x80',
      'beseda_bus_storage_limit_bytes{server="nats-0",instance="a"}': '100x80',
    },
  },
  BesedaFilesFilling: {
    fires: {
      'beseda_gateway_files_bytes{instance="a"}': '85x80',
      'beseda_gateway_files_limit_bytes{instance="a"}': '100x80',
    },
    stays: {
      'beseda_gateway_files_bytes{instance="a"}': '79x80',
      'beseda_gateway_files_limit_bytes{instance="a"}': '100x80',
    },
  },
  // The clock of promtool starts at 0.
  BesedaBackupOld: {
    fires: {
      'beseda_log_backup_timestamp_seconds{stream="HISTORY_0",instance="a"}': '0x400',
      'beseda_log_backup_timestamp_seconds{stream="HISTORY_1",instance="a"}': '-140000x400',
      'beseda_log_backup_timestamp_seconds{stream="HISTORY_1",instance="b"}': '-140000x400',
    },
    stays: {
      'beseda_log_backup_timestamp_seconds{stream="HISTORY_0",instance="a"}': '-140000x400',
      'beseda_log_backup_timestamp_seconds{stream="HISTORY_0",instance="b"}': '-100000x400',
    },
  },
  BesedaLogReplicaMissing: {
    fires: { 'beseda_log_replicas{stream="HISTORY_0",state="offline"}': '1x80' },
    stays: {
      'beseda_log_replicas{stream="HISTORY_0",state="current"}': '3x80',
      'beseda_log_replicas{stream="HISTORY_0",state="behind"}': '1x10 0x70',
    },
  },
  BesedaLogContention: {
    fires: {
      'beseda_log_append_duration_seconds_count{result="conflict"}': '0+40x80',
      'beseda_log_append_duration_seconds_count{result="appended"}': '0+60x80',
    },
    stays: {
      'beseda_log_append_duration_seconds_count{result="conflict"}': '0+5x80',
      'beseda_log_append_duration_seconds_count{result="appended"}': '0+95x80',
    },
  },
  BesedaViewRebuilt: {
    fires: {
      'beseda_view_rebuilds_total{view="history",reason="damaged",instance="a"}': '1x80',
      'process_start_time_seconds{instance="a"}': '0x80',
    },
    stays: {
      'beseda_view_rebuilds_total{view="history",reason="version",instance="a"}': '1x80',
      'beseda_view_rebuilds_total{view="history",reason="damaged",instance="b"}': '1x80',
      'process_start_time_seconds{instance="a"}': '0x80',
      'process_start_time_seconds{instance="b"}': '-9000x80',
    },
  },
  BesedaProcessMissing: {
    fires: { 'beseda_build_info{service="group",instance="a"}': '1x8 _x72' },
    stays: {
      'beseda_build_info{service="group",instance="a"}': '1x8 _x72',
      'beseda_build_info{service="group",instance="b"}': '1x80',
    },
  },
  BesedaViewDiskFilling: {
    fires: {
      'beseda_view_disk_free_bytes{instance="a"}': '10x80',
      'beseda_view_disk_bytes{instance="a"}': '100x80',
    },
    stays: {
      'beseda_view_disk_free_bytes{instance="a"}': '20x80',
      'beseda_view_disk_bytes{instance="a"}': '100x80',
    },
  },
  BesedaRequestsBudget: {
    fires: {
      'beseda_gateway_call_duration_seconds_count{code="ok"}': '0+980x80',
      'beseda_gateway_call_duration_seconds_count{code="internal"}': '0+20x80',
    },
    stays: {
      'beseda_gateway_call_duration_seconds_count{code="ok"}': '0+999x80',
      'beseda_gateway_call_duration_seconds_count{code="internal"}': '0+4x80',
    },
  },
  BesedaDeliveryBudget: {
    fires: delays('0+80x80', '0+100x80'),
    stays: delays('0+98x80', '0+100x80'),
  },
  BesedaExportLags: {
    fires: { 'beseda_export_lag_seconds{stream="HISTORY_0",instance="a"}': '0+60x80' },
    stays: { 'beseda_export_lag_seconds{stream="HISTORY_0",instance="a"}': '0+60x6 0x73' },
  },
  BesedaMailWaits: {
    fires: { 'beseda_mail_queue_age_seconds{instance="a"}': '0+15x80' },
    stays: { 'beseda_mail_queue_age_seconds{instance="a"}': '0+15x50 0x29' },
  },
  BesedaViewLags: {
    fires: { 'beseda_view_lag_commits{view="history",stream="HISTORY_0",instance="a"}': '5000x80' },
    stays: { 'beseda_view_lag_commits{view="history",stream="HISTORY_0",instance="a"}': '90000-6000x14 0x65' },
  },
}

const testOf = (name: string, series: Series, firing: boolean) => ({
  interval: '15s',
  input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
  promql_expr_test: [
    {
      expr: `count(ALERTS{alertname="${name}",alertstate="firing"})`,
      eval_time: '20m',
      exp_samples: firing ? [{ labels: '{}', value: 1 }] : [],
    },
  ],
})

test('generated files match their sources', () => {
  for (const [path, text] of generated()) {
    expect(readFileSync(new URL(path, import.meta.url), 'utf8'), `${path}: node deploy/monitoring/generate.mjs`).toBe(
      text,
    )
  }
})

test('runbooks become links where it is said where the repository can be read', () => {
  const [rules = ''] = [...generated('https://git.example.org/beseda/').values()]
  expect(rules).toContain('runbook_url: https://git.example.org/beseda/docs/runbooks/target-down.md')
  expect(rules).not.toMatch(/runbook_url: docs/)
})

test('promtool accepts the rules', () => {
  expect(run('check', 'rules', RULES)).toContain(`SUCCESS: ${alerts.length} rules found`)
})

test('each alert has a test', () => {
  expect(new Set(Object.keys(CASES))).toEqual(new Set(alerts.map(({ alert }) => alert)))
})

describe.each(alerts)('$alert', ({ alert, annotations, labels }) => {
  test('fires when it should, and not just below the threshold', () => {
    const { fires = {}, stays = {} } = CASES[alert] ?? {}
    const folder = mkdtempSync(join(tmpdir(), 'beseda-rules-'))
    try {
      const file = join(folder, 'test.yml')
      const tests = [testOf(alert, fires, true), testOf(alert, stays, false)]
      writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '15s', tests }))
      expect(run('test', 'rules', file)).toContain('SUCCESS')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('has a runbook that says what it means, what to look at and what to do', () => {
    expect(annotations.runbook_url).toBe(`docs/runbooks/${pageOf(alert)}.md`)
    const page = readFileSync(new URL(`../../${annotations.runbook_url}`, import.meta.url), 'utf8')
    expect(page).toContain(`# ${alert}`)
    expect(page).toContain(labels.severity)
    for (const part of ['## What it means', '## Look', '## Do']) expect(page).toContain(part)
  })
})
