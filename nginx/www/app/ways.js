// The three ways in which a picture comes to the service. Each goes on by itself where the line breaks, and ends with a task or a
// Refusal; `sending` is what carry.js knows of it.

import { Refusal, send } from './api.js'
import { inTurn } from './line.js'
import { owe } from './owed.js'
import { begin, resume } from './resumable.js'
import { say } from './say.js'
import { changeTask, showSent } from './tasks.js'
import { upload } from './upload.js'
import { keptFile } from './vault.js'

const PATIENCE_MS = 5000
const SOON_S = 60
const NEARLY = 0.95
// A service that is being started anew, or that another request is using, is asked again so often.
const BRIEF = new Set([408, 423, 502, 503, 504])
const MOST_BRIEF = 10

/** By the id of the original; nothing if that is not there any more: then it is sent once more. */
export async function orderedAgain(record, sending) {
  const { key, image, chain, fields } = record
  const ask = () => {
    changeTask(key, { tried: true })
    sending.whole = true
    return send('tasks', { image, filters: chain, ...fields }, 'POST', { 'Idempotency-Key': key })
  }
  try {
    return await answered(record, sending, ask)
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
    sending.whole = sending.doubt = false
    changeTask(key, { image: null, tried: false })
    return null
  }
}

/** In one request; nothing where the line broke before all had gone: it goes on in pieces. */
export async function sentWhole(record, file, sending) {
  const { key, name, chain, fields } = record
  const form = new FormData()
  for (const [field, value] of Object.entries({ filters: chain, ...fields })) form.append(field, typeof value === 'object' ? JSON.stringify(value) : value)
  form.append('image', file, name)
  const gone = () => { sending.whole = true }
  const hear = sent => {
    // Browsers tell late of the last bytes.
    if (sent > NEARLY) gone()
    showSent(key, sent)
  }
  const ask = () => {
    changeTask(key, { tried: true })
    return upload(form, { key, signal: sending.signal, hear, gone })
  }
  const task = await answered(record, sending, ask, async () => form.set('image', await readable(file, key), name))
  if (!task) changeTask(key, { tried: false })
  return task
}

/** Asks until there is an answer: under the same Idempotency-Key no task is made twice. Nothing if it is sure that there is none. */
async function answered({ key }, sending, ask, prepare = () => {}) {
  for (;;) {
    try {
      return await inTurn(ask, sending.signal)
    } catch (refusal) {
      const busy = refusal.code === 'idempotency_key_in_use'
      if (sending.whole && leavesDoubt(refusal)) sending.doubt = true
      if (!(refusal instanceof Refusal) || refusal.status !== 0 && !busy) throw refusal
      if (!sending.whole && !busy) return null
      await prepare()
      await lineIsBack(key, sending, refusal)
    }
  }
}

// What is refused by these was refused before there could be a task.
const AT_THE_DOOR = new Set(['overloaded', 'queue_full', 'spool_full', 'spool_unavailable'])

const leavesDoubt = ({ status, code }) => status === 0 || status >= 500 && !AT_THE_DOOR.has(code)

/** The file, or the copy of it that is kept. One that is gone from the disk looks to a request as a line that is broken. */
async function readable(file, key) {
  for (const each of [file, await keptFile(key)]) {
    if (await each?.slice(0, 1).arrayBuffer().catch(() => null)) return each
  }
  throw new Refusal(410, { code: 'file_changed' })
}

export async function sentInPieces(record, file, sending) {
  for (let brief = 0; ; brief += 1) {
    try {
      return await inTurn(() => nextPieces(record, file, sending), sending.signal)
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      if (refusal.status === 0) brief = 0
      else if (!BRIEF.has(refusal.status) || refusal.retryAfter > SOON_S || brief >= MOST_BRIEF) throw refusal
      file = await readable(file, record.key)
      await lineIsBack(record.key, sending, refusal)
    }
  }
}

async function nextPieces(record, file, sending) {
  const { key, name, chain, fields } = record
  sending.url ??= await begin(file, { filename: name, filters: [chain], ...fields })
  if (sending.signal.aborted) return owe(sending.url)
  changeTask(key, { upload: sending.url, state: 'sending' })
  try {
    return await resume(file, sending.url, { signal: sending.signal, hear: sent => showSent(key, sent) })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status) || sending.renewed) throw refusal
    // The upload was too long ago: from the beginning, but not for ever.
    Object.assign(sending, { url: null, renewed: true })
    changeTask(key, { upload: null })
    return nextPieces(record, file, sending)
  }
}

/** Waits until the line may be there again. */
async function lineIsBack(key, sending, { status, retryAfter }) {
  const { signal } = sending
  signal.throwIfAborted()
  changeTask(key, { state: 'paused' })
  if (status === 0 && !sending.told) say('The line is broken. The upload goes on by itself.')
  sending.told = true
  await new Promise(done => {
    const timer = setInterval(() => { if (navigator.onLine) end() }, Math.max(PATIENCE_MS, retryAfter * 1000))
    const end = () => {
      clearInterval(timer)
      removeEventListener('online', end)
      signal.removeEventListener('abort', end)
      done()
    }
    addEventListener('online', end)
    signal.addEventListener('abort', end)
  })
  signal.throwIfAborted()
  changeTask(key, { state: 'sending' })
}
