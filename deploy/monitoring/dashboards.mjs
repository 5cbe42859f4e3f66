import { quantiles, query, rateBy } from './panels.mjs'

/** One dashboard per question: how are people served, how are gateways and services, how is the log. */
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
        description: 'Requests from clients, by method.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_gateway_call_duration_seconds_count', 'method'),
      },
      {
        title: 'Responses',
        description: 'By code; everything but ok is a refusal or a failure.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_gateway_call_duration_seconds_count', 'code'),
      },
      {
        title: 'Request duration',
        description: 'At the gateway, all methods.',
        unit: 's',
        queries: quantiles('beseda_gateway_call_duration_seconds'),
      },
      {
        title: 'Time to post a message',
        description: 'Until the message is on disk and acknowledged.',
        unit: 's',
        queries: quantiles('beseda_gateway_call_duration_seconds', 'method="beseda.group.v1.GroupService/PostMessage"'),
      },
      {
        title: 'Delivery delay',
        description: 'From the decision in the service until the message is written to the members’ sockets.',
        unit: 's',
        queries: quantiles('beseda_gateway_fanout_delay_seconds', 'lane="messages"'),
      },
      {
        title: 'Messages',
        description: 'Messages posted, by people and webhooks.',
        unit: 'ops',
        queries: rateBy('beseda_messages_posted_total', 'by'),
      },
      {
        title: 'Calls',
        description: 'Ongoing calls, and steps in the life of calls.',
        unit: 'short',
        queries: [
          query('max(beseda_call_sessions)', 'ongoing'),
          query('sum by (step) (rate(beseda_calls_total[$__rate_interval]))', '{{step}} per second'),
        ],
      },
      {
        title: 'SFU',
        description:
          'Nodes for large calls that are named, and that answer. A call that moves is a step "relocate" of the calls.',
        unit: 'short',
        queries: [query('max(beseda_sfu_nodes)', 'named'), query('min(beseda_sfu_nodes_living)', 'answer')],
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
        description: 'If they are uneven, the load balancer is to blame.',
        unit: 'short',
        queries: [query('sum by (instance) (beseda_gateway_connections)', '{{instance}}')],
      },
      {
        title: 'Connects',
        description: 'Accepted sockets; a reconnect storm shows here first.',
        unit: 'ops',
        queries: [query('sum by (instance) (rate(beseda_gateway_hellos_total[$__rate_interval]))', '{{instance}}')],
      },
      {
        title: 'Closes',
        description: 'Sockets closed by the gateway, by reason.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_closes_total', 'code'),
      },
      {
        title: 'Resumes',
        description: 'What groups need at Hello: nothing (current), a replay, or a snapshot.',
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
        title: 'Gaps repaired',
        description: 'Commits that the bus lost and the gateway read from the log.',
        unit: 'ops',
        queries: rateBy('beseda_gateway_repairs_total', 'lane'),
      },
      {
        title: 'Requests in services',
        description: 'By method, from all callers.',
        unit: 'reqps',
        stacked: true,
        queries: rateBy('beseda_rpc_duration_seconds_count', 'method'),
      },
      {
        title: 'Time in services',
        description: 'Processing time, without the time on the bus.',
        unit: 's',
        queries: quantiles('beseda_rpc_duration_seconds'),
      },
      {
        title: 'Failures in services',
        description: 'Responses other than ok, by code.',
        unit: 'reqps',
        queries: rateBy('beseda_rpc_duration_seconds_count', 'code', 'code!="ok"'),
      },
      {
        title: 'CPU',
        description: 'Share of one core; a process uses little more than one.',
        unit: 'percentunit',
        queries: [query('rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}}')],
      },
      {
        title: 'Memory',
        description: 'Resident memory.',
        unit: 'bytes',
        queries: [query('process_resident_memory_bytes', '{{instance}}')],
      },
      {
        title: 'Event loop lag',
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
        title: 'Commit duration',
        description: 'Until it is on disk, on a majority of replicas.',
        unit: 's',
        queries: quantiles('beseda_log_append_duration_seconds'),
      },
      {
        title: 'Commits',
        description: 'By result.',
        unit: 'ops',
        queries: rateBy('beseda_log_append_duration_seconds_count', 'result'),
      },
      {
        title: 'Commits by lane',
        description: 'Which service writes.',
        unit: 'ops',
        stacked: true,
        queries: rateBy('beseda_log_append_duration_seconds_count', 'lane'),
      },
      {
        title: 'Events in a commit',
        description: 'Group commit: the number rises under load.',
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
        description: 'Commits in the log that the view has not applied.',
        unit: 'short',
        queries: [query('max by (instance, view) (beseda_view_lag_commits)', '{{view}} {{instance}}')],
      },
      {
        title: 'Progress of views',
        description: 'Commits applied per second; a rebuild shows here.',
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
        description: 'Size of the streams, on each replica.',
        unit: 'bytes',
        stacked: true,
        queries: [query('max by (stream) (beseda_log_bytes)', '{{stream}}')],
      },
      {
        title: 'Disk of NATS',
        description: 'Share of its storage limit that each server uses; at 100 % nobody can post.',
        unit: 'percentunit',
        queries: [query('max by (server) (beseda_bus_storage_bytes / beseda_bus_storage_limit_bytes)', '{{server}}')],
      },
      {
        title: 'Since the last backup',
        description: 'For the stream with the oldest backup.',
        unit: 's',
        queries: [query('time() - min(max by (stream) (beseda_log_backup_timestamp_seconds))', 'age')],
      },
      {
        title: 'Growth',
        description: 'Commits per second, by stream.',
        unit: 'ops',
        queries: [query('max by (stream) (rate(beseda_log_head_sequence[$__rate_interval]))', '{{stream}}')],
      },
      {
        title: 'Replicas',
        description: 'Replicas that are not current.',
        unit: 'short',
        queries: [query('max by (stream, state) (beseda_log_replicas{state!="current"})', '{{stream}} {{state}}')],
      },
      {
        title: 'Connections',
        description: 'Worst process: 1 if all are connected to NATS and Redis and ready, otherwise 0.',
        unit: 'short',
        queries: [
          query('min(beseda_bus_connected)', 'NATS'),
          query('min(beseda_redis_connected)', 'Redis'),
          query('min(beseda_ready)', 'ready'),
        ],
      },
      {
        title: 'Reconnects',
        description: 'Reconnects to NATS in five minutes.',
        unit: 'short',
        queries: [query('sum by (instance) (increase(beseda_bus_reconnects_total[5m]))', '{{instance}}')],
      },
      {
        title: 'Groups',
        description: 'Groups created, and roster changes.',
        unit: 'ops',
        queries: [
          query('sum(rate(beseda_groups_created_total[$__rate_interval]))', 'created'),
          query('sum(rate(beseda_roster_changes_total[$__rate_interval]))', 'roster changes'),
        ],
      },
    ],
  },
]
