export { type Rule, settingsBefore } from './changed-rules.js'
export { peopleIn } from './people.js'
export { type AuditWords, auditSentences } from './sentences.js'
export { isSystemEvent, messageOf, TOPICS, type Topic, topicOf } from './topics.js'
