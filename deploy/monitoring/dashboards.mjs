import { quantiles, query, rateBy } from './panels.mjs'

/** One page a question: how are people served, how is a gateway, how is the log. */
/** @type {readonly { uid: string, title: string, panels: readonly import('./panels.mjs').Panel[] }[]} */
export const DASHBOARDS = [
  {
    uid: 'beseda-service',
    title: 'Beseda: how people are served',
    panels: [
      {
        title: 'Connected',
        description: 'Signed-in sockets of all gateways.',
        unit: 'short',
        queries: [
          query('sum(beseda_gateway_connections)', 'sockets'),
          query('sum(beseda_gateway_rooms)', 'groups open on gateways'),
        ],
      },
      {
        title: 'Requests',
        description: 'What people ask for, by method.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_gateway_call_duration_seconds_count', 'method'),
      },
      {
        title: 'Answers',
        description: 'By code; ok is not all.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_gateway_call_duration_seconds_count', 'code'),
      },
      {
        title: 'Time of a request',
        description: 'At the gateway, all methods.',
        unit: 's',
        queries: quantiles('beseda_gateway_call_duration_seconds'),
      },
      {
        title: 'Time to post a message',
        description: 'Until it is on disk and acknowledged.',
        unit: 's',
        queries: quantiles('beseda_gateway_call_duration_seconds', 'method="beseda.group.v1.GroupService/PostMessage"'),
      },
      {
        title: 'Time to the sockets',
        description: 'From the decision in the service to the members’ sockets.',
        unit: 's',
        queries: quantiles('beseda_gateway_fanout_delay_seconds', 'lane="messages"'),
      },
      {
        title: 'Messages',
        description: 'Posted, by people and webhooks.',
        unit: 'ops',
        queries: rateBy('beseda_messages_posted_total', 'by'),
      },
      {
        title: 'Calls',
        description: 'Under way now, and steps in their lives.',
        unit: 'short',
        queries: [
          query('max(beseda_call_sessions)', 'under way'),
          query('sum by (step) (rate(beseda_calls_total[$__rate_interval]))', '{{step}} a second'),
        ],
      },
      {
        title: 'People',
        description: 'Registrations and sign-ins.',
        unit: 'ops',
        queries: [
          query('sum(rate(beseda_registrations_total[$__rate_interval]))', 'registrations'),
          query('sum(rate(beseda_sign_ins_total[$__rate_interval]))', 'sign-ins'),
        ],
      },
    ],
  },
  {
    uid: 'beseda-gateway',
    title: 'Beseda: gateways and services',
    panels: [
      {
        title: 'Sockets by gateway',
        description: 'Even, or the balancer is not.',
        unit: 'short',
        queries: [query('sum by (instance) (beseda_gateway_connections)', '{{instance}}')],
      },
      {
        title: 'Connects',
        description: 'Sockets let in; a storm shows here first.',
        unit: 'ops',
        queries: [query('sum by (instance) (rate(beseda_gateway_hellos_total[$__rate_interval]))', '{{instance}}')],
      },
      {
        title: 'Closes',
        description: 'By the gateway, and why.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_closes_total', 'code'),
      },
      {
        title: 'Resumes',
        description: 'How groups are brought up at Hello: current, replay, snapshot.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_resumes_total', 'plan'),
      },
      {
        title: 'Deliveries',
        description: 'Commits sent to sockets.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_deliveries_total', 'way'),
      },
      {
        title: 'Holes mended',
        description: 'Copies that the bus lost and the log had.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_repairs_total', 'lane'),
      },
      {
        title: 'Requests in services',
        description: 'By method, all callers.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_rpc_duration_seconds_count', 'method'),
      },
      {
        title: 'Time in services',
        description: 'Without the way there and back.',
        unit: 's',
        queries: quantiles('beseda_rpc_duration_seconds'),
      },
      {
        title: 'Failures in services',
        description: 'Answers other than ok, by code.',
        unit: 'reqps',
        queries: rateBy('beseda_rpc_duration_seconds_count', 'code', 'code!="ok"'),
      },
      {
        title: 'CPU',
        description: 'Of one core; a process uses little more than one.',
        unit: 'percentunit',
        queries: [query('rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}}')],
      },
      {
        title: 'Memory',
        description: 'Resident.',
        unit: 'bytes',
        queries: [query('process_resident_memory_bytes', '{{instance}}')],
      },
      {
        title: 'Breath',
        description: 'How late a process reacts, p99.',
        unit: 's',
        queries: [query('nodejs_eventloop_lag_p99_seconds', '{{instance}}')],
      },
    ],
  },
  {
    uid: 'beseda-log',
    title: 'Beseda: the log and the views',
    panels: [
      {
        title: 'Time of a commit',
        description: 'Until it is on disk, on a majority of replicas.',
        unit: 's',
        queries: quantiles('beseda_log_append_duration_seconds'),
      },
      {
        title: 'Commits',
        description: 'By how they end.',
        unit: 'ops',
        queries: rateBy('beseda_log_append_duration_seconds_count', 'result'),
      },
      {
        title: 'Commits by lane',
        description: 'Who writes.',
        unit: 'ops',
        stacked: true,
        queries: rateBy('beseda_log_append_duration_seconds_count', 'lane'),
      },
      {
        title: 'Events in a commit',
        description: 'Group commit: more under load.',
        unit: 'short',
        queries: [
          query(
            'sum(rate(beseda_log_commit_events_sum{lane="messages"}[$__rate_interval])) / sum(rate(beseda_log_commit_events_count{lane="messages"}[$__rate_interval]))',
            'messages',
          ),
        ],
      },
      {
        title: 'Lag of views',
        description: 'Commits that are in the log and not in the view.',
        unit: 'short',
        queries: [query('max by (instance, view) (beseda_view_lag_commits)', '{{view}} {{instance}}')],
      },
      {
        title: 'Progress of views',
        description: 'Commits read a second; a rebuild shows here.',
        unit: 'ops',
        queries: [
          query(
            'sum by (instance, view) (rate(beseda_view_applied_sequence[$__rate_interval]))',
            '{{view}} {{instance}}',
          ),
        ],
      },
      {
        title: 'Size',
        description: 'Of the streams, on each replica.',
        unit: 'bytes',
        stacked: true,
        queries: [query('max by (stream) (beseda_log_bytes)', '{{stream}}')],
      },
      {
        title: 'Disk of NATS',
        description: 'How much of what it may keep each server has; at the whole of it nothing can be said any more.',
        unit: 'percentunit',
        queries: [query('max by (server) (beseda_bus_storage_bytes / beseda_bus_storage_limit_bytes)', '{{server}}')],
      },
      {
        title: 'Since the last backup',
        description: 'Of the stream whose backup is oldest.',
        unit: 's',
        queries: [query('time() - min(max by (stream) (beseda_log_backup_timestamp_seconds))', 'age')],
      },
      {
        title: 'Growth',
        description: 'Commits a second, by stream.',
        unit: 'ops',
        queries: [query('max by (stream) (rate(beseda_log_head_sequence[$__rate_interval]))', '{{stream}}')],
      },
      {
        title: 'Replicas',
        description: 'That are not what they should be.',
        unit: 'short',
        queries: [query('max by (stream, state) (beseda_log_replicas{state!="current"})', '{{stream}} {{state}}')],
      },
      {
        title: 'Connections',
        description: 'Of processes to NATS and Redis: 1 or trouble.',
        unit: 'short',
        queries: [
          query('min(beseda_bus_connected)', 'NATS'),
          query('min(beseda_redis_connected)', 'Redis'),
          query('min(beseda_ready)', 'ready'),
        ],
      },
      {
        title: 'Reconnects',
        description: 'To NATS, in five minutes.',
        unit: 'short',
        queries: [query('sum by (instance) (increase(beseda_bus_reconnects_total[5m]))', '{{instance}}')],
      },
      {
        title: 'Groups',
        description: 'Founded, and changes of rosters.',
        unit: 'ops',
        queries: [
          query('sum(rate(beseda_groups_created_total[$__rate_interval]))', 'founded'),
          query('sum(rate(beseda_roster_changes_total[$__rate_interval]))', 'changes of rosters'),
        ],
      },
    ],
  },
]
