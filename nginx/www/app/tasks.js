// The list of what this browser has ordered. It is kept here and nowhere else; other tabs see the same.

import { place } from './place.js'
import { signal } from './signal.js'

const MOST = 60
const kept = place('tasks')

/** Records, the last first: `{ key, id, name, at, chain, output, state, sent, size, thumb, task, problem, upload }`. */
export const tasks = signal(kept.read([]))

addEventListener('storage', event => {
  if (event.key === kept.name) tasks.value = kept.read([])
})

function settle(list) {
  const shorter = list.slice(0, MOST)
  // A browser that is full forgets the pictures first, and the oldest after that.
  if (!kept.write(shorter)) kept.write(shorter.map(record => ({ ...record, thumb: null })).slice(0, MOST / 2))
  tasks.value = shorter
}

export const addTask = record => settle([record, ...tasks.value])

export const taskOf = key => tasks.value.find(record => record.key === key)

/** Changes a record; what another tab has written meanwhile stays. */
export function changeTask(key, change) {
  if (!taskOf(key)) return
  settle(tasks.value.map(record => record.key === key ? { ...record, ...change } : record))
}

/** How far an upload is changes too often to be written down each time. */
export function showSent(key, sent) {
  tasks.value = tasks.value.map(record => record.key === key ? { ...record, sent } : record)
}

export const forgetTask = key => settle(tasks.value.filter(record => record.key !== key))
