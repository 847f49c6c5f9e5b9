// From a picture and a chain to a task: by the id of what is at the service already, sent whole, or in pieces. Every way ends in
// the record.

import { plain, Refusal } from './api.js'
import { owe } from './owed.js'
import { inOneLine } from './problem.js'
import { abandon } from './resumable.js'
import { alarm } from './say.js'
import { changeTask, taskOf, tasks } from './tasks.js'
import { dropFile } from './vault.js'
import { orderedAgain, sentInPieces, sentWhole } from './ways.js'

// Larger files go in pieces from the start.
const LARGE = 8 << 20
// The picture or the filters are to blame: the same would be refused again.
const FINAL = new Set([400, 410, 413, 415, 422])

// Those that are being sent by this tab: `{ signal, abort, whole, url }`. `whole` says that all bytes may be there, so that there
// may be a task; `url` is where the pieces go.
const running = new Map()

// Whoever takes it off the list in another tab means it too.
tasks.on(() => { for (const key of running.keys()) if (!taskOf(key)) stop(key) })

/** Sends a picture that is on the list, and writes into its record what came of it. */
export async function carry(key, file, picture) {
  const record = taskOf(key)
  if (!record || record.id) return
  const { signal, abort } = abortable()
  const sending = { signal, abort, whole: record.tried, url: record.upload }
  running.set(key, sending)
  try {
    arrived(key, await taskFrom(record, file, sending), picture)
  } catch (error) {
    if (!signal.aborted) refused(key, error)
  } finally {
    running.delete(key)
  }
}

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

/** Ends the sending, unless there may be a task: then its answer is waited for, and it is erased. `url` is where pieces lie. */
export function stop(key, url) {
  const sending = running.get(key)
  if (sending?.whole || sending?.signal.aborted) return
  sending?.abort()
  const begun = sending?.url ?? url
  if (begun) abandon(begun)
}

function arrived(key, task, picture) {
  dropFile(key)
  if (picture && task.image) picture.image = task.image.id
  if (!taskOf(key)) return owe(task.id)
  changeTask(key, { id: task.id, state: task.status ?? 'queued', sent: 1, upload: null, tried: false, problem: null, task: null })
}

function refused(key, error) {
  const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'unknown' })
  if (refusal !== error) reportError(error)
  if (FINAL.has(refusal.status)) dropFile(key)
  if (!taskOf(key)) return
  changeTask(key, { state: 'refused', problem: plain(refusal) })
  alarm(`${taskOf(key).name}: ${inOneLine(refusal)}`)
}

async function taskFrom(record, file, sending) {
  const known = record.image && await orderedAgain(record, file, sending)
  if (known) return known
  if (!file) throw new Refusal(410, { code: 'interrupted' })
  // One that was removed from the disk is empty to some browsers.
  if (file.size !== record.size) throw new Refusal(410, { code: 'file_changed' })
  const whole = file.size <= LARGE && !sending.url && await sentWhole(record, file, sending)
  return whole || { id: await sentInPieces(record, file, sending) }
}
