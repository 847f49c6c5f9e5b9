// The list of what this browser has ordered. It is kept here and nowhere else; other tabs see the same.

import { OPEN } from './api.js'
import { place } from './place.js'
import { signal } from './signal.js'

/** Entries that the list may have. */
export const MOST = 200
/** States that end by themselves. */
export const UNDER_WAY = new Set(['sending', 'paused', ...OPEN])

const kept = place('tasks')
// Whether the last change could be written down; if not, this tab knows best.
let written = true

/**
 * Records, the last first: `{ key, id, before, name, at, chain, fields, image, state, sent, size, thumb, task, problem, upload,
 * tried, canceled }`. `image` is the id of a picture that is at the service already, `upload` the address of one that goes in
 * pieces, `before` the id of the task that this one replaces. `tried` says that there may be a task of which the answer has not
 * come, `canceled` that nobody wants it any more: such a record is not shown.
 */
export const tasks = signal(kept.read([]))

/** What is written down, which another tab may have changed, with how far the uploads of this one have come. */
function current() {
  if (!written) return tasks.value
  const here = new Map(tasks.value.map(record => [record.key, record]))
  return kept.read(tasks.value).map(record => record.state === 'sending' && here.has(record.key) ? { ...record, sent: here.get(record.key).sent } : record)
}

addEventListener('storage', event => {
  if (event.key === kept.name) tasks.value = current()
})
// A page that was put aside has heard nothing of what others did.
addEventListener('pageshow', event => {
  if (event.persisted) tasks.value = current()
})

function settle(list) {
  // A browser that is full forgets the small pictures first.
  written = kept.write(list) || kept.write(list.map(record => ({ ...record, thumb: null })))
  tasks.value = list
}

/** Adds a record. In a full list it takes the place of the oldest that came to nothing; false if there is none. */
export function addTask(record) {
  const list = current()
  const ended = list.filter(({ state, tried }) => state !== 'done' && !UNDER_WAY.has(state) && !tried)
  const over = Math.max(0, list.length + 1 - MOST)
  if (over > ended.length) return false
  const leave = new Set(ended.slice(ended.length - over))
  settle([record, ...list.filter(each => !leave.has(each))])
  return true
}

export const taskOf = key => tasks.value.find(record => record.key === key)

/** Changes a record; what another tab has written meanwhile stays. */
export function changeTask(key, change) {
  const list = current()
  if (list.some(record => record.key === key)) settle(list.map(record => record.key === key ? { ...record, ...change } : record))
}

/** How far an upload is changes too often to be written down each time. */
export function showSent(key, sent) {
  tasks.value = tasks.value.map(record => record.key === key ? { ...record, sent } : record)
}

export const forgetTask = key => settle(current().filter(record => record.key !== key))

const linksEnded = ({ results = [] }, now) => results.some(result => result.url) && results.every(({ expires_at: end }) => !end || Date.parse(end) <= now)

/** Links whose time has come are gone, whether anybody has asked for them or not. */
export function expireTasks(now = Date.now()) {
  const isOver = ({ state, task }) => state === 'done' && task && linksEnded(task, now)
  if (!tasks.value.some(isOver)) return
  settle(current().map(record => isOver(record) ? { ...record, state: 'expired', task: null } : record))
}
