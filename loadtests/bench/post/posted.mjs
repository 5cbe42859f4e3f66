import { Tally } from '../net/tally.mjs'

/** What became of messages: deliveries that never came, came again, came after a later one of their author, or came to somebody else; posts without an answer. */
/** @typedef {{ lost: number, doubled: number, disordered: number, foreign: number, unanswered: number }} Outcome */

/** Everything that is posted, and who has it. Each acknowledged message has to reach each member of its group once. */
export class Posted {
  /** The group of each message. @type {number[]} */
  #groupOf = []
  /** Numbers without an answer. @type {Set<number>} */
  #open = new Set()
  /** @type {Set<number>} */
  #refused = new Set()
  /** One byte for each person and group: they are a member. */
  #isMember
  /** Members of each group. */
  #members
  #tally
  #foreign = 0
  /** Messages up to this number have reached everybody. */
  #complete = 0

  /** @param {readonly number[][]} groupsOf the groups of each person @param {number} groups how many there are */
  constructor(groupsOf, groups) {
    this.groups = groups
    this.#isMember = new Uint8Array(groupsOf.length * groups)
    this.#members = new Uint32Array(groups)
    this.#tally = new Tally(groupsOf.length, groupsOf.length)
    for (const [person, their] of groupsOf.entries()) {
      for (const group of their) {
        this.#isMember[person * groups + group] = 1
        this.#members[group] = (this.#members[group] ?? 0) + 1
      }
    }
  }

  /** The number of a new message. @param {number} group */
  sent(group) {
    const number = this.#groupOf.push(group) - 1
    this.#open.add(number)
    return number
  }

  /** @param {number} number @param {boolean} isStored */
  answered(number, isStored) {
    this.#open.delete(number)
    if (!isStored) this.#refused.add(number)
  }

  /** @param {number} person @param {number} author @param {number} number */
  heard(person, author, number) {
    const group = this.#groupOf[number] ?? -1
    if (group < 0 || this.#isMember[person * this.groups + group] === 0) this.#foreign++
    else this.#tally.heard(person, author, number)
  }

  /** Everything is answered, and has reached everybody. */
  get isSettled() {
    while (this.#complete < this.#groupOf.length && this.#missing(this.#complete) === 0) this.#complete++
    return this.#open.size === 0 && this.#complete === this.#groupOf.length
  }

  /** @returns {Outcome} */
  outcome() {
    let lost = 0
    for (let number = 0; number < this.#groupOf.length; number++) lost += this.#missing(number)
    const { doubled, disordered } = this.#tally
    return { lost, doubled, disordered, foreign: this.#foreign, unanswered: this.#open.size }
  }

  /** Members who lack the message. @param {number} number */
  #missing(number) {
    if (this.#refused.has(number) || this.#open.has(number)) return 0
    return (this.#members[this.#groupOf[number] ?? 0] ?? 0) - this.#tally.holders(number)
  }
}
