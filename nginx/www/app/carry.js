// From a picture and a chain to a task: by the id of what is at the service already, sent whole, or in pieces. Every way ends in
// the record.

import { plain, Refusal } from './api.js'
import { owe } from './owed.js'
import { inOneLine } from './problem.js'
import { alarm } from './say.js'
import { changeTask, forgetTask, taskOf, tasks, UNDER_WAY } from './tasks.js'
import { dropFile } from './vault.js'
import { orderedAgain, sentInPieces, sentWhole } from './ways.js'

// Larger files go in pieces from the start.
const LARGE = 8 << 20
// The picture or the filters are to blame: the same would be refused again.
const FINAL = new Set([400, 410, 413, 415, 422])

// Those that are being sent by this tab: `{ signal, abort, whole, doubt, url }`. `whole` says that all bytes of a request may be
// there, `doubt` that a task may be there of which no answer tells, `url` is where the pieces go.
const running = new Map()

// Whoever takes it off the list in another tab means it too.
tasks.on(() => {
  for (const key of running.keys()) if (taskOf(key)?.canceled ?? true) stop(key)
})

/** Sends a picture that is on the list, and writes into its record what came of it. */
export async function carry(key, file, picture) {
  const record = taskOf(key)
  if (!record || record.id) return
  const controller = new AbortController()
  const { signal } = controller
  const sending = { signal, abort: () => controller.abort(), whole: record.tried, doubt: record.tried, url: record.upload }
  running.set(key, sending)
  try {
    arrived(key, await taskFrom(record, file, sending), picture)
  } catch (error) {
    if (!signal.aborted) refused(key, error, sending)
    else if (taskOf(key)?.canceled) forget(key)
  } finally {
    running.delete(key)
  }
}

/** Ends the sending; false if there may be a task, or if it is not this tab that sends. */
export function stop(key) {
  const sending = running.get(key)
  if (!sending || sending.whole) return false
  sending.abort()
  return true
}

function forget(key) {
  dropFile(key)
  forgetTask(key)
}

function arrived(key, task, picture) {
  const record = taskOf(key)
  if (picture && task.image) picture.image = task.image.id
  if (!record || record.canceled) {
    owe(task.id)
    return forget(key)
  }
  if (record.before) owe(record.before)
  dropFile(key)
  // One that has ended already is followed all the same: its results are yet to be heard.
  const state = UNDER_WAY.has(task.status) ? task.status : 'queued'
  changeTask(key, { id: task.id, before: null, state, sent: 1, upload: null, tried: false, problem: null, task: null })
}

function refused(key, error, sending) {
  const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'unknown' })
  if (refusal !== error) reportError(error)
  const record = taskOf(key)
  const doubt = sending.doubt && (refusal.passes || [401, 403].includes(refusal.status))
  // One that was canceled is asked for once more in a while, unless it is sure now that there is no task.
  if (!record || record.canceled) return doubt ? undefined : forget(key)
  if (FINAL.has(refusal.status)) dropFile(key)
  changeTask(key, { state: 'refused', problem: plain(refusal), tried: doubt })
  alarm(`${record.name}: ${inOneLine(refusal)}`)
}

async function taskFrom(record, file, sending) {
  const known = record.image && await orderedAgain(record, sending)
  if (known) return known
  if (!file) throw new Refusal(410, { code: 'interrupted' })
  // One that was removed from the disk is empty to some browsers.
  if (file.size !== record.size) throw new Refusal(410, { code: 'file_changed' })
  const whole = file.size <= LARGE && !sending.url && await sentWhole(record, file, sending)
  return whole || { id: await sentInPieces(record, file, sending) }
}
