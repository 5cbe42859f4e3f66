import { firstText, type Json, listAt, textAt } from './fields.js'
import { below, Line, link, md, quoted } from './markdown.js'

const MAX_LISTED = 5
/** A branch that was not there before, or is not any more. */
const NOTHING = /^0+$/

const head = (event: Json): Line =>
  md`**${link(firstText(event, 'project.path_with_namespace', 'project_name', 'project.name'), firstText(event, 'project.web_url', 'repository.homepage'))}**`
const who = (event: Json): Line => md`${firstText(event, 'user.name', 'user_name', 'user.username', 'user_username')}`
const branchOf = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '')
const said = (text: string): string => text.replaceAll('_', ' ')

const ACTIONS: Readonly<Record<string, string>> = {
  open: 'opened',
  close: 'closed',
  reopen: 'reopened',
  update: 'changed',
  merge: 'merged',
  approved: 'approved',
  approval: 'approved',
  unapproved: 'took back the approval of',
  unapproval: 'took back the approval of',
  create: 'created',
  delete: 'deleted',
}
const done = (event: Json, path: string): string => {
  const action = textAt(event, path)
  return (Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined) ?? (action === '' ? 'changed' : said(action))
}

function push(event: Json, kind: string): string {
  const [branch, commits] = [branchOf(textAt(event, 'ref')), listAt(event, 'commits')]
  if (NOTHING.test(textAt(event, 'after')))
    return String(md`${head(event)} ${who(event)} deleted the ${kind} ${branch}`)
  const isNew = NOTHING.test(textAt(event, 'before'))
  if (isNew && (kind === 'tag' || commits.length === 0))
    return String(md`${head(event)} ${who(event)} created the ${kind} ${branch}`)
  const total = Number(textAt(event, 'total_commits_count')) || commits.length
  const lines = commits.slice(-MAX_LISTED).map((commit) => {
    const id = link(textAt(commit, 'id').slice(0, 8), textAt(commit, 'url'))
    return md`- ${id} ${firstText(commit, 'title', 'message')} (${textAt(commit, 'author.name')})`
  })
  const more = total > lines.length ? `- and ${total - lines.length} more` : ''
  return below(
    md`${head(event)} ${who(event)} pushed ${total === 1 ? '1 commit' : `${total} commits`} to ${branch}`,
    ...lines,
    more,
  )
}

function subject(event: Json, path: string, kind: string, sign: string): Line {
  return md`${kind} ${link(`${sign}${textAt(event, `${path}.iid`)} ${textAt(event, `${path}.title`)}`, textAt(event, `${path}.url`))}`
}

function changed(event: Json, kind: string, sign: string): string {
  const text =
    textAt(event, 'object_attributes.action') === 'open' ? quoted(textAt(event, 'object_attributes.description')) : ''
  return below(
    md`${head(event)} ${who(event)} ${done(event, 'object_attributes.action')} ${subject(event, 'object_attributes', kind, sign)}`,
    text,
  )
}

/** What a note is about: `noteable_type`, the field with it, and the sign before its number. */
const NOTED: Readonly<Record<string, readonly [path: string, kind: string, sign: string]>> = {
  Issue: ['issue', 'issue', '#'],
  MergeRequest: ['merge_request', 'merge request', '!'],
  Snippet: ['snippet', 'snippet', '$'],
}

function noted(event: Json): string {
  const [path, kind, sign] = NOTED[textAt(event, 'object_attributes.noteable_type')] ?? []
  const about =
    path === undefined
      ? md`the commit ${textAt(event, 'commit.id').slice(0, 8)} ${firstText(event, 'commit.title', 'commit.message')}`
      : md`${kind ?? ''} ${sign ?? ''}${firstText(event, `${path}.iid`, `${path}.id`)} ${textAt(event, `${path}.title`)}`
  const verb = link('commented', textAt(event, 'object_attributes.url'))
  return below(md`${head(event)} ${who(event)} ${verb} on ${about}`, quoted(textAt(event, 'object_attributes.note')))
}

function ran(event: Json): string {
  const id = textAt(event, 'object_attributes.id')
  const page = firstText(event, 'object_attributes.url')
  const url = page === '' ? `${textAt(event, 'project.web_url')}/-/pipelines/${id}` : page
  const seconds = textAt(event, 'object_attributes.duration')
  const time = new Line(seconds === '' ? '' : ` after ${seconds} s`)
  return String(
    md`${head(event)} pipeline ${link(`#${id}`, url)} on ${textAt(event, 'object_attributes.ref')}: **${said(textAt(event, 'object_attributes.status'))}**${time}`,
  )
}

function released(event: Json): string {
  const name = link(firstText(event, 'name', 'tag'), textAt(event, 'url'))
  return below(md`${head(event)} release ${name}: ${done(event, 'action')}`, quoted(textAt(event, 'description')))
}

/** Events by `object_kind` (https://docs.gitlab.com/user/project/integrations/webhook_events/). */
const EVENTS: Readonly<Record<string, (event: Json) => string>> = {
  push: (event) => push(event, 'branch'),
  tag_push: (event) => push(event, 'tag'),
  issue: (event) => changed(event, 'issue', '#'),
  work_item: (event) => changed(event, 'work item', '#'),
  merge_request: (event) => changed(event, 'merge request', '!'),
  note: noted,
  pipeline: ran,
  build: (event) =>
    String(
      md`${head(event)} job ${textAt(event, 'build_name')} on ${textAt(event, 'ref')}: **${said(textAt(event, 'build_status'))}**`,
    ),
  release: released,
  deployment: (event) =>
    String(
      md`${head(event)} deployment to ${textAt(event, 'environment')}: **${link(said(textAt(event, 'status')), textAt(event, 'deployable_url'))}**`,
    ),
  wiki_page: (event) =>
    String(
      md`${head(event)} ${who(event)} ${done(event, 'object_attributes.action')} the page ${link(textAt(event, 'object_attributes.title'), textAt(event, 'object_attributes.url'))}`,
    ),
}

/** The message of an event of GitLab; of one without a sentence of its own, its name. */
export function fromGitLab(event: Json): string {
  const kind = firstText(event, 'object_kind', 'event_name')
  const known = Object.hasOwn(EVENTS, kind) ? EVENTS[kind] : undefined
  return known?.(event) ?? String(md`${head(event)} ${who(event)}: ${said(kind)}`)
}
