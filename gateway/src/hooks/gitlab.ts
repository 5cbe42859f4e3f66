import { entryOf, firstText, type Json, listAt, textAt } from './fields.js'
import { below, link, md, NONE, type Part, quoted } from './markdown.js'

const MAX_LISTED = 5
/** A branch that was not there before, or is not any more. */
const NOTHING = /^0+$/

const head = (event: Json): Part =>
  md`**${link(firstText(event, 'project.path_with_namespace', 'project_name', 'project.name'), firstText(event, 'project.web_url', 'repository.homepage'))}**`
const who = (event: Json): Part => md`${firstText(event, 'user.name', 'user_name', 'user.username', 'user_username')}`
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
  return entryOf(ACTIONS, action) ?? (action === '' ? 'changed' : said(action))
}

function push(event: Json, kind: string): Part {
  const [branch, commits] = [branchOf(textAt(event, 'ref')), listAt(event, 'commits')]
  if (NOTHING.test(textAt(event, 'after'))) return md`${head(event)} ${who(event)} deleted the ${kind} ${branch}`
  const isNew = NOTHING.test(textAt(event, 'before'))
  if (isNew && (kind === 'tag' || commits.length === 0))
    return md`${head(event)} ${who(event)} created the ${kind} ${branch}`
  const total = Number(textAt(event, 'total_commits_count')) || commits.length
  const lines = commits.slice(-MAX_LISTED).map((commit) => {
    const id = link(textAt(commit, 'id').slice(0, 8), textAt(commit, 'url'))
    return md`- ${id} ${firstText(commit, 'title', 'message')} (${textAt(commit, 'author.name')})`
  })
  const more = total > lines.length ? md`- and ${String(total - lines.length)} more` : NONE
  return below(
    md`${head(event)} ${who(event)} pushed ${total === 1 ? '1 commit' : `${total} commits`} to ${branch}`,
    ...lines,
    more,
  )
}

function subject(event: Json, path: string, kind: string, sign: string): Part {
  return md`${kind} ${link(`${sign}${textAt(event, `${path}.iid`)} ${textAt(event, `${path}.title`)}`, textAt(event, `${path}.url`))}`
}

function changed(event: Json, kind: string, sign: string): Part {
  const text =
    textAt(event, 'object_attributes.action') === 'open' ? quoted(textAt(event, 'object_attributes.description')) : NONE
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

function noted(event: Json): Part {
  const [path, kind, sign] = entryOf(NOTED, textAt(event, 'object_attributes.noteable_type')) ?? []
  const about =
    path === undefined
      ? md`the commit ${textAt(event, 'commit.id').slice(0, 8)} ${firstText(event, 'commit.title', 'commit.message')}`
      : md`${kind ?? ''} ${sign ?? ''}${firstText(event, `${path}.iid`, `${path}.id`)} ${textAt(event, `${path}.title`)}`
  const verb = link('commented', textAt(event, 'object_attributes.url'))
  return below(md`${head(event)} ${who(event)} ${verb} on ${about}`, quoted(textAt(event, 'object_attributes.note')))
}

function ran(event: Json): Part {
  const id = textAt(event, 'object_attributes.id')
  const page = firstText(event, 'object_attributes.url')
  const url = page === '' ? `${textAt(event, 'project.web_url')}/-/pipelines/${id}` : page
  const seconds = textAt(event, 'object_attributes.duration')
  const time = seconds === '' ? '' : md` after ${seconds} s`
  return md`${head(event)} pipeline ${link(`#${id}`, url)} on ${textAt(event, 'object_attributes.ref')}: **${said(textAt(event, 'object_attributes.status'))}**${time}`
}

function released(event: Json): Part {
  const name = link(firstText(event, 'name', 'tag'), textAt(event, 'url'))
  return below(md`${head(event)} release ${name}: ${done(event, 'action')}`, quoted(textAt(event, 'description')))
}

/** Events by `object_kind` (https://docs.gitlab.com/user/project/integrations/webhook_events/). */
const EVENTS: Readonly<Record<string, (event: Json) => Part>> = {
  push: (event) => push(event, 'branch'),
  tag_push: (event) => push(event, 'tag'),
  issue: (event) => changed(event, 'issue', '#'),
  work_item: (event) => changed(event, 'work item', '#'),
  merge_request: (event) => changed(event, 'merge request', '!'),
  note: noted,
  pipeline: ran,
  build: (event) =>
    md`${head(event)} job ${textAt(event, 'build_name')} on ${textAt(event, 'ref')}: **${said(textAt(event, 'build_status'))}**`,
  release: released,
  deployment: (event) =>
    md`${head(event)} deployment to ${textAt(event, 'environment')}: **${link(said(textAt(event, 'status')), textAt(event, 'deployable_url'))}**`,
  wiki_page: (event) =>
    md`${head(event)} ${who(event)} ${done(event, 'object_attributes.action')} the page ${link(textAt(event, 'object_attributes.title'), textAt(event, 'object_attributes.url'))}`,
}

/** The message of an event of GitLab; of one without a sentence of its own, its name. */
export function fromGitLab(event: Json): Part {
  const kind = firstText(event, 'object_kind', 'event_name')
  return entryOf(EVENTS, kind)?.(event) ?? md`${head(event)} ${who(event)}: ${said(kind)}`
}
