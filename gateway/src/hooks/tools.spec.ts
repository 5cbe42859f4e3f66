import { describe, expect, test } from 'vitest'
import { messageOf } from './testing.js'

/** Events with the fields of their published documentation: GitHub, GitLab, Alertmanager, Grafana. */
const repository = { full_name: 'octo/tea', html_url: 'https://github.example/octo/tea' }
const sender = { login: 'ann', html_url: 'https://github.example/ann' }
const REPO = '**[octo/tea](https://github.example/octo/tea)** [ann](https://github.example/ann)'
const gitHub = (gitHubEvent: string, event: object) => messageOf({ repository, sender, ...event }, { gitHubEvent }).text

describe('GitHub', () => {
  const commit = (n: number) => ({
    id: `${n}0dba4e11b9fe0b2c9b6f3f7b2c7f1d3e5a6b7c8`,
    message: `Change ${n}\n\nMore of it`,
    url: `https://github.example/octo/tea/commit/${n}`,
    author: { name: 'Ann', username: 'ann' },
  })
  const pushed = (count: number, more = {}) =>
    gitHub('push', {
      ref: 'refs/heads/main',
      compare: 'https://github.example/compare',
      commits: Array.from({ length: count }, (_, n) => commit(n + 1)),
      ...more,
    })

  test('a push lists its commits, and counts those that are too many', () => {
    expect(pushed(1)).toBe(
      `${REPO} pushed [1 commit](https://github.example/compare) to main\n- [10dba4e](https://github.example/octo/tea/commit/1) Change 1 (ann)`,
    )
    expect(pushed(7).split('\n')).toHaveLength(7)
    expect(pushed(7)).toMatch(/7 commits.*- and 2 more$/s)
    expect(pushed(1, { forced: true })).toContain('force-pushed')
    expect(pushed(0, { deleted: true })).toBe(`${REPO} deleted the branch main`)
    expect(pushed(0, { ref: 'refs/tags/v1', created: true })).toBe(`${REPO} created the tag v1`)
  })

  const issue = {
    number: 7,
    title: 'Kettle *leaks*',
    html_url: 'https://github.example/octo/tea/issues/7',
    body: 'Water\neverywhere',
  }
  const ISSUE = '[#7 Kettle \\*leaks\\*](https://github.example/octo/tea/issues/7)'
  test.each([
    [
      'ping',
      { zen: 'Keep it simple.', hook_id: 1, hook: {} },
      '**[octo/tea](https://github.example/octo/tea)** is connected. Keep it simple.',
    ],
    ['issues', { action: 'opened', issue }, `${REPO} opened issue ${ISSUE}\n> Water\n> everywhere`],
    ['issues', { action: 'closed', issue }, `${REPO} closed issue ${ISSUE}`],
    [
      'pull_request',
      { action: 'closed', pull_request: { ...issue, merged: true } },
      `${REPO} merged pull request ${ISSUE}`,
    ],
    [
      'pull_request',
      { action: 'ready_for_review', pull_request: issue },
      `${REPO} ready for review pull request ${ISSUE}`,
    ],
    [
      'issue_comment',
      { action: 'created', issue, comment: { body: 'Me too', html_url: 'https://github.example/c/1' } },
      `${REPO} [commented](https://github.example/c/1) on issue ${ISSUE}\n> Me too`,
    ],
    [
      'pull_request_review',
      {
        action: 'submitted',
        pull_request: issue,
        review: { state: 'approved', body: null, html_url: 'https://github.example/r/1' },
      },
      `${REPO} [approved](https://github.example/r/1) pull request ${ISSUE}`,
    ],
    ['create', { ref: 'fix', ref_type: 'branch' }, `${REPO} created the branch fix`],
    [
      'release',
      {
        action: 'published',
        release: { name: 'Tea 1.0', tag_name: 'v1', html_url: 'https://github.example/v1', body: 'Hot' },
      },
      `${REPO} published the release [Tea 1.0](https://github.example/v1)\n> Hot`,
    ],
    [
      'workflow_run',
      {
        action: 'completed',
        workflow_run: {
          name: 'CI',
          run_number: 12,
          conclusion: 'failure',
          head_branch: 'main',
          html_url: 'https://github.example/run',
        },
      },
      '**[octo/tea](https://github.example/octo/tea)** [CI #12](https://github.example/run) on main: **failure**',
    ],
    ['star', { action: 'created', starred_at: '2026-01-01T00:00:00Z' }, `${REPO} gave a star`],
    ['branch_protection_rule', { action: 'edited' }, `${REPO}: branch protection rule edited`],
  ])('%s', (name, event, text) => expect(gitHub(name, event)).toBe(text))
})

describe('GitLab', () => {
  const project = { path_with_namespace: 'mike/diaspora', web_url: 'https://gitlab.example/mike/diaspora' }
  const user = { name: 'Ann', username: 'ann' }
  const HEAD = '**[mike/diaspora](https://gitlab.example/mike/diaspora)**'
  const gitLab = (event: object) => messageOf({ project, user, ...event }, { gitLabEvent: 'Some Hook' }).text
  const [some, nothing] = ['da1560886d4f094c3e6c9ef40349f7d38b5d27d7', '0'.repeat(40)]
  const commits = [
    {
      id: some,
      title: 'Update it',
      message: 'Update it\n',
      url: 'https://gitlab.example/c/1',
      author: { name: 'Jordi' },
    },
  ]
  const issue = { iid: 23, title: 'New API', url: 'https://gitlab.example/i/23' }
  test.each([
    [
      {
        object_kind: 'push',
        user_name: 'Bob',
        user: undefined,
        before: some,
        after: some,
        ref: 'refs/heads/main',
        commits,
        total_commits_count: 4,
      },
      `${HEAD} Bob pushed 4 commits to main\n- [da156088](https://gitlab.example/c/1) Update it (Jordi)\n- and 3 more`,
    ],
    [
      { object_kind: 'push', before: some, after: nothing, ref: 'refs/heads/old', commits: [] },
      `${HEAD} Ann deleted the branch old`,
    ],
    [
      { object_kind: 'tag_push', before: nothing, after: some, ref: 'refs/tags/v1.0', commits },
      `${HEAD} Ann created the tag v1.0`,
    ],
    [
      { object_kind: 'issue', object_attributes: { ...issue, action: 'open', description: 'We need it' } },
      `${HEAD} Ann opened issue [#23 New API](https://gitlab.example/i/23)\n> We need it`,
    ],
    [
      { object_kind: 'merge_request', object_attributes: { ...issue, action: 'merge' } },
      `${HEAD} Ann merged merge request [!23 New API](https://gitlab.example/i/23)`,
    ],
    [
      {
        object_kind: 'note',
        object_attributes: { note: 'Good', noteable_type: 'MergeRequest', url: 'https://gitlab.example/n/1' },
        merge_request: issue,
      },
      `${HEAD} Ann [commented](https://gitlab.example/n/1) on merge request !23 New API\n> Good`,
    ],
    [
      {
        object_kind: 'note',
        object_attributes: { note: 'Why?', noteable_type: 'Commit', url: 'https://gitlab.example/n/2' },
        commit: { id: some, message: 'Add it' },
      },
      `${HEAD} Ann [commented](https://gitlab.example/n/2) on the commit da156088 Add it\n> Why?`,
    ],
    [
      { object_kind: 'pipeline', object_attributes: { id: 31, ref: 'main', status: 'failed', duration: 63 } },
      `${HEAD} pipeline [#31](https://gitlab.example/mike/diaspora/-/pipelines/31) on main: **failed** after 63 s`,
    ],
    [
      { object_kind: 'build', build_name: 'test', build_status: 'waiting_for_resource', ref: 'main' },
      `${HEAD} job test on main: **waiting for resource**`,
    ],
    [
      { object_kind: 'release', name: 'v1', tag: 'v1', url: 'https://gitlab.example/v1', action: 'create' },
      `${HEAD} release [v1](https://gitlab.example/v1): created`,
    ],
    [
      {
        object_kind: 'deployment',
        status: 'success',
        environment: 'staging',
        deployable_url: 'https://gitlab.example/j',
      },
      `${HEAD} deployment to staging: **[success](https://gitlab.example/j)**`,
    ],
    [
      {
        object_kind: 'wiki_page',
        object_attributes: { title: 'Home', action: 'create', url: 'https://gitlab.example/w' },
      },
      `${HEAD} Ann created the page [Home](https://gitlab.example/w)`,
    ],
    [{ object_kind: 'feature_flag' }, `${HEAD} Ann: feature flag`],
  ])('%#', (event, text) => expect(gitLab(event)).toBe(text))
})

describe('alerts', () => {
  const alert = (instance: string, status = 'firing') => ({
    status,
    labels: { alertname: 'HighLatency', severity: 'page', instance },
    annotations: { summary: `Slow: ${instance}`, runbook_url: 'https://wiki.example/slow' },
    startsAt: '2026-03-01T10:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'https://prometheus.example/graph',
    fingerprint: 'c6eadffa33fcdf37',
  })
  const group = {
    version: '4',
    groupKey: '{}:{alertname="HighLatency"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'team',
    groupLabels: { alertname: 'HighLatency' },
    commonLabels: { alertname: 'HighLatency', severity: 'page' },
    commonAnnotations: {},
    externalURL: 'https://alerts.example',
  }
  const line = (sign: string, instance: string) =>
    `- ${sign} [Slow: ${instance}](https://prometheus.example/graph) (instance=${instance}) · [runbook](https://wiki.example/slow)`

  test('of Alertmanager: those that fire, and those that are over', () => {
    expect(messageOf({ ...group, alerts: [alert('a'), alert('b', 'resolved')] })).toEqual({
      text: `**🔥 Firing (1): [HighLatency](https://alerts.example)** · page\n${line('🔥', 'a')}\n${line('✅', 'b')}`,
      name: '',
      id: '',
      answersOk: false,
    })
    const over = { ...group, status: 'resolved', alerts: [alert('a', 'resolved')] }
    expect(messageOf(over).text).toMatch(/^\*\*✅ Resolved: /)
  })

  test('too many are counted', () => {
    const alerts = Array.from({ length: 12 }, (_, n) => alert(`i${n}`))
    expect(messageOf({ ...group, alerts, truncatedAlerts: 3 }).text).toMatch(/- and 5 more$/)
  })

  test('of Grafana, whose payload has a title and pages of its own', () => {
    const { groupKey, ...rest } = group
    const grafana = {
      ...rest,
      orgId: 1,
      title: '[FIRING:1] HighLatency',
      state: 'alerting',
      message: '**Firing**',
      alerts: [
        { ...alert('a'), values: { B: 44.2 }, panelURL: 'https://grafana.example/d/1?viewPanel=2', dashboardURL: '' },
      ],
    }
    expect(messageOf(grafana).text).toContain('- 🔥 [Slow: a](https://grafana.example/d/1?viewPanel=2) (instance=a)')
    expect(groupKey).toBeDefined()
  })
})
