// What a person orders, cancels and tries again; how it gets to the service is in carry.js, what becomes of it in follow.js.

import { alone } from './alone.js'
import { erase, unique } from './api.js'
import { carry, stop } from './carry.js'
import { follow, leave } from './follow.js'
import { owe } from './owed.js'
import { alarm } from './say.js'
import { addTask, changeTask, expireTasks, forgetTask, MOST, taskOf, tasks } from './tasks.js'
import { dropFile, dropUnwanted, keepFile, keptFile } from './vault.js'

const EXPIRY_MS = 60_000
// Several pictures go one after the other: together none of them would be quicker.
let line = Promise.resolve()
// Those that this page has open and that have not ended yet, by the key of their record.
const pictures = new Map()

/** Orders the chain on a picture; the key of its record, or nothing if the list is full. */
export function order(picture, chain, fields) {
  const key = unique()
  const added = addTask({ key, id: null, name: picture.name, at: Date.now(), chain, fields, image: picture.image, state: 'sending', sent: 0,
    size: picture.size, thumb: picture.thumb, task: null, problem: null, upload: null, tried: false })
  if (!added) {
    alarm(`The list is full: ${MOST} pictures are under way or have links. Erase some of them first.`)
    return null
  }
  pictures.set(key, picture)
  // At once, and not when its turn comes: the page may be closed before.
  if (!picture.image) keepFile(key, picture.file)
  begin(key, { fresh: true })
  return key
}

/** Sends it in its turn, if no other tab does. */
function begin(key, how) {
  return alone(key, () => inTurn(async () => {
    await carry(key, pictures.get(key)?.file ?? await keptFile(key), pictures.get(key))
    const record = taskOf(key)
    if (record?.id) follow(key, pictures.get(key))
    // What was refused may be tried again.
    if (record?.id || !record) pictures.delete(key)
  }), how).catch(reportError)
}

function inTurn(work) {
  const done = line.then(work)
  line = done.catch(() => {})
  return done
}

/** Stops an upload, or has a task erased; in either case it is off the list. */
export async function discardTask(key) {
  const { id, upload } = taskOf(key)
  if (id) await erase(id)
  leave(key)
  stop(key, upload)
  pictures.delete(key)
  dropFile(key)
  forgetTask(key)
}

/** Tries once more what was refused, or what has failed: that is another task, since the first one has its answer. */
export async function again(key) {
  const { id, task, image } = taskOf(key)
  const next = id ? unique() : key
  changeTask(key, { key: next, id: null, image: task?.image?.id ?? image, state: 'sending', problem: null, sent: 0, task: null })
  await begin(next)
  if (id && taskOf(next)?.id) owe(id)
}

/** What the page has left open when it was closed: uploads go on, tasks are watched. */
export function takeUp() {
  expireTasks()
  setInterval(expireTasks, EXPIRY_MS)
  dropUnwanted(key => taskOf(key))
  for (const { key, state, id } of tasks.value) {
    if (['queued', 'processing'].includes(state) && id) follow(key)
    if (['sending', 'paused'].includes(state)) begin(key)
  }
}
