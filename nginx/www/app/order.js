// What a person orders, cancels and tries again; how it gets to the service is in carry.js, what becomes of it in follow.js.

import { alone } from './alone.js'
import { erase, OPEN, Refusal, unique } from './api.js'
import { carry, stop } from './carry.js'
import { follow, leave } from './follow.js'
import { owe } from './owed.js'
import { alarm } from './say.js'
import { addTask, changeTask, expireTasks, forgetTask, MOST, taskOf, tasks } from './tasks.js'
import { dropFile, dropUnwanted, keepFile, keptFile } from './vault.js'

const LOOK_MS = 60_000
// Another tab that has just ordered is about to begin.
const FRESH_MS = 5000
// So long it is tried to find out what became of an order that was canceled.
const GIVEN_UP_MS = 86_400_000

// Those that this page has open and that are not at the service yet, by the key of their record.
const pictures = new Map()
const begun = new Set()

/** Orders the chain on a picture; the key of its record, or nothing if the list is full. */
export function order(picture, chain, fields) {
  const key = unique()
  const added = addTask({ key, id: null, before: null, name: picture.name, at: Date.now(), chain, fields, image: picture.image, state: 'sending',
    sent: 0, size: picture.size, thumb: picture.thumb, task: null, problem: null, upload: null, tried: false, canceled: false })
  if (!added) {
    alarm(`The list is full: ${MOST} pictures are under way or have links. Erase some of them first.`)
    return null
  }
  pictures.set(key, picture)
  // At once, and not when its turn comes: the page may be closed before.
  keepFile(key, picture.file)
  begin(key, { fresh: true })
  return key
}

/** Sees to it that it gets to the service, if no other tab does. */
async function begin(key, how) {
  if (begun.has(key)) return
  begun.add(key)
  try {
    await alone(key, () => bring(key), how)
  } finally {
    begun.delete(key)
  }
}

async function bring(key) {
  const picture = pictures.get(key)
  await carry(key, picture?.file ?? await keptFile(key), picture)
  const record = taskOf(key)
  if (record?.id) follow(key, picture)
  // What was refused may be tried again.
  if (record?.id || !record) pictures.delete(key)
}

/** Stops an upload, or has a task erased; in either case it is off the list. */
export async function discardTask(key) {
  const record = taskOf(key)
  if (!record) return
  const { id, before, upload, tried } = record
  if (id) await erased(record)
  leave(key)
  if (before) owe(before)
  const stopped = stop(key)
  if (!id && tried && !stopped) return cancel(key)
  if (upload) owe(upload)
  pictures.delete(key)
  dropFile(key)
  forgetTask(key)
}

/** What came to nothing leaves the list also if it is of a key that is not known any more. */
async function erased({ id, state }) {
  try {
    await erase(id)
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.passes || state === 'done') throw refusal
    owe(id)
  }
}

/** There may be a task, of which only the service knows: it is asked, and what there is will be erased. */
function cancel(key) {
  changeTask(key, { canceled: true, state: 'sending' })
  begin(key)
}

/** Tries once more what was refused, or what has failed: that is another task, since the first one has its answer. */
export async function again(key) {
  const { id, before, task, image } = taskOf(key)
  const next = id ? unique() : key
  changeTask(key, { key: next, id: null, before: id ?? before, image: task?.image?.id ?? image, state: 'sending', problem: null, sent: 0, task: null })
  await begin(next)
}

/** What no tab is at: uploads go on, the oldest first, and tasks are watched. */
function look(fresh = FRESH_MS) {
  expireTasks()
  for (const { key, at, state, id, canceled } of [...tasks.value].reverse()) {
    const age = Date.now() - at
    if (canceled && age > GIVEN_UP_MS) forgetTask(key)
    else if (OPEN.has(state) && id) follow(key)
    else if (['sending', 'paused'].includes(state) && age >= fresh) begin(key)
  }
}

/** Takes up what was left open when a page was closed, this one or another. */
export function takeUp() {
  dropUnwanted(key => taskOf(key))
  look(0)
  // The page that this one takes the place of may have held on to its uploads for a moment.
  setTimeout(look, FRESH_MS)
  setInterval(look, LOOK_MS)
  addEventListener('visibilitychange', () => { if (!document.hidden) look() })
}
