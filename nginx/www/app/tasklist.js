// The list of what this browser has ordered, drawn anew where it has changed.

import { card, looksLike } from './card.js'
import { find } from './dom.js'
import { discardTask } from './order.js'
import { thumbnailOf } from './picture.js'
import { bytesOf } from './preview.js'
import { showQr } from './qr.js'
import { inOneLine } from './problem.js'
import { alarm, say } from './say.js'
import { changeTask, taskOf, tasks, UNDER_WAY } from './tasks.js'

// A larger result is not loaded for the sake of a small picture of it: the original's stays.
const LARGEST_DRAWN = 16e6

export class TaskList {
  constructor() {
    this.list = find('#tasks')
    this.cards = new Map()
    this.fetched = new Set()
    this.spoken = 0
    tasks.on(records => this.show(records.filter(record => !record.canceled)))
    find('#clear-tasks').onclick = () => this.clear()
  }

  show(records) {
    find('#mine').hidden = records.length === 0
    const keys = new Set(records.map(record => record.key))
    for (const [key, { root }] of this.cards) {
      if (keys.has(key)) continue
      this.leave(root)
      this.cards.delete(key)
    }
    records.forEach((record, index) => this.place(record, index))
  }

  place(record, index) {
    const look = looksLike(record)
    const before = this.cards.get(record.key)
    if (before?.look === look) {
      before.progress(record.sent)
      this.speak(record)
    } else {
      const made = card(record, { showQr })
      const focused = before?.root.contains(document.activeElement) && wordsOf(document.activeElement)
      if (before) before.root.replaceWith(made.root)
      this.cards.set(record.key, { ...made, look })
      if (focused) focusOn(made.root, focused)
    }
    const { root } = this.cards.get(record.key)
    if (this.list.children[index] !== root) this.list.insertBefore(root, this.list.children[index] ?? null)
    this.paint(record)
  }

  /** The focus goes to a neighbour, not to the top of the page. */
  leave(root) {
    const focused = root.contains(document.activeElement)
    const next = root.nextElementSibling ?? root.previousElementSibling
    root.remove()
    if (focused) (next?.querySelector('button, a') ?? find('#choose')).focus()
  }

  /** How far an upload is, in steps that can be listened to. */
  speak({ state, sent, name }) {
    const quarter = Math.floor(sent * 4)
    if (state !== 'sending' || quarter === this.spoken) return
    this.spoken = quarter
    if (quarter > 0 && quarter < 4) say(`${name}: ${quarter * 25} per cent sent`)
  }

  /** Once it is done an entry shows the result. */
  async paint({ key, state, task }) {
    const result = task?.results?.[0]
    if (state !== 'done' || !result?.url || this.fetched.has(key) || result.bytes > LARGEST_DRAWN) return
    this.fetched.add(key)
    if (task.shown) return
    const thumb = await bytesOf(result).then(thumbnailOf).catch(() => null)
    const now = taskOf(key)
    if (thumb && now?.state === 'done') changeTask(key, { thumb, task: { ...now.task, shown: true } })
  }

  /** Ended entries leave the list; what the service has of them ends with its links. */
  async clear() {
    const ended = tasks.value.filter(({ state }) => state !== 'done' && !UNDER_WAY.has(state))
    let cleared = 0
    for (const { key } of ended) {
      await discardTask(key).then(() => { cleared += 1 }, refusal => alarm(inOneLine(refusal)))
    }
    say(cleared ? `${cleared} entries are off the list.` : 'Nothing to tidy up.')
  }
}

const wordsOf = act => act.getAttribute('aria-label') ?? act.textContent

/** The act of these words, or the first one if there is none of them any more. */
function focusOn(root, words) {
  const acts = [...root.querySelectorAll('button, a')]
  ;(acts.find(act => wordsOf(act) === words) ?? acts[0])?.focus()
}

/** Shows the entry that was just made. */
export function revealTask(key, smooth) {
  find(`[data-key="${key}"]`)?.scrollIntoView({ block: 'nearest', behavior: smooth ? 'smooth' : 'auto' })
}
