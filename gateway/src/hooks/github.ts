import { entryOf, firstText, isTrue, type Json, listAt, textAt } from './fields.js'
import { below, link, md, NONE, type Part, quoted } from './markdown.js'

/** Commits and the like of one message; more are counted. */
const MAX_LISTED = 5

const repository = (event: Json): Part =>
  link(firstText(event, 'repository.full_name', 'organization.login'), textAt(event, 'repository.html_url'))
const who = (event: Json): Part => link(textAt(event, 'sender.login'), textAt(event, 'sender.html_url'))
const head = (event: Json): Part => md`**${repository(event)}**`
/** `refs/heads/main` is `main`. */
const branchOf = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '')

function push(event: Json): Part {
  const commits = listAt(event, 'commits')
  const branch = branchOf(textAt(event, 'ref'))
  const kind = textAt(event, 'ref').startsWith('refs/tags/') ? 'tag' : 'branch'
  if (isTrue(event, 'deleted')) return md`${head(event)} ${who(event)} deleted the ${kind} ${branch}`
  if (commits.length === 0) return md`${head(event)} ${who(event)} created the ${kind} ${branch}`
  const verb = isTrue(event, 'forced') ? 'force-pushed' : 'pushed'
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`
  const lines = commits.slice(0, MAX_LISTED).map((commit) => {
    const id = link(textAt(commit, 'id').slice(0, 7), textAt(commit, 'url'))
    return md`- ${id} ${textAt(commit, 'message')} (${firstText(commit, 'author.username', 'author.name')})`
  })
  const more = commits.length > MAX_LISTED ? md`- and ${String(commits.length - MAX_LISTED)} more` : NONE
  return below(
    md`${head(event)} ${who(event)} ${verb} ${link(count, textAt(event, 'compare'))} to ${branch}`,
    ...lines,
    more,
  )
}

/** Something with a number and a title. */
function subject(event: Json, kind: string, path: string): Part {
  const title = link(
    `#${textAt(event, `${path}.number`)} ${textAt(event, `${path}.title`)}`,
    textAt(event, `${path}.html_url`),
  )
  return md`${kind} ${title}`
}

const action = (event: Json): string => textAt(event, 'action').replaceAll('_', ' ')

function changed(event: Json, kind: string, path: string): Part {
  const done = isTrue(event, `${path}.merged`) && action(event) === 'closed' ? 'merged' : action(event)
  const text = action(event) === 'opened' ? quoted(textAt(event, `${path}.body`)) : NONE
  return below(md`${head(event)} ${who(event)} ${done} ${subject(event, kind, path)}`, text)
}

function commented(event: Json, kind: string, path: string, comment: string): Part {
  const isNew = action(event) === 'created' || action(event) === 'submitted'
  const verb = link(isNew ? 'commented' : `${action(event)} a comment`, textAt(event, `${comment}.html_url`))
  return below(
    md`${head(event)} ${who(event)} ${verb} on ${subject(event, kind, path)}`,
    isNew ? quoted(textAt(event, `${comment}.body`)) : NONE,
  )
}

function reviewed(event: Json): Part {
  const states: Readonly<Record<string, string>> = { approved: 'approved', changes_requested: 'asked for changes in' }
  const verb = entryOf(states, textAt(event, 'review.state').toLowerCase()) ?? 'reviewed'
  return below(
    md`${head(event)} ${who(event)} ${link(verb, textAt(event, 'review.html_url'))} ${subject(event, 'pull request', 'pull_request')}`,
    quoted(textAt(event, 'review.body')),
  )
}

function ranWorkflow(event: Json): Part {
  const run = link(
    `${textAt(event, 'workflow_run.name')} #${textAt(event, 'workflow_run.run_number')}`,
    textAt(event, 'workflow_run.html_url'),
  )
  const state = firstText(event, 'workflow_run.conclusion', 'action').replaceAll('_', ' ')
  return md`${head(event)} ${run} on ${textAt(event, 'workflow_run.head_branch')}: **${state}**`
}

function released(event: Json): Part {
  const name = link(firstText(event, 'release.name', 'release.tag_name'), textAt(event, 'release.html_url'))
  const notes = action(event) === 'published' ? quoted(textAt(event, 'release.body')) : NONE
  return below(md`${head(event)} ${who(event)} ${action(event)} the release ${name}`, notes)
}

const refs = (verb: string) => (event: Json) =>
  md`${head(event)} ${who(event)} ${verb} the ${textAt(event, 'ref_type')} ${branchOf(textAt(event, 'ref'))}`

/** Events by the name in `X-GitHub-Event` (https://docs.github.com/en/webhooks/webhook-events-and-payloads). */
const EVENTS: Readonly<Record<string, (event: Json) => Part>> = {
  ping: (event) => md`${head(event)} is connected. ${textAt(event, 'zen')}`,
  push,
  create: refs('created'),
  delete: refs('deleted'),
  issues: (event) => changed(event, 'issue', 'issue'),
  pull_request: (event) => changed(event, 'pull request', 'pull_request'),
  discussion: (event) => changed(event, 'discussion', 'discussion'),
  issue_comment: (event) => commented(event, 'issue', 'issue', 'comment'),
  discussion_comment: (event) => commented(event, 'discussion', 'discussion', 'comment'),
  pull_request_review_comment: (event) => commented(event, 'pull request', 'pull_request', 'comment'),
  pull_request_review: reviewed,
  release: released,
  workflow_run: ranWorkflow,
  fork: (event) =>
    md`${head(event)} ${who(event)} forked it to ${link(textAt(event, 'forkee.full_name'), textAt(event, 'forkee.html_url'))}`,
  star: (event) => md`${head(event)} ${who(event)} ${action(event) === 'deleted' ? 'took back a star' : 'gave a star'}`,
}

/** The message of an event of GitHub; of one without a sentence of its own, its name. */
export function fromGitHub(name: string, event: Json): Part {
  return (
    entryOf(EVENTS, name)?.(event) ??
    md`${head(event)} ${who(event)}: ${[name.replaceAll('_', ' '), action(event)].filter(Boolean).join(' ')}`
  )
}
