// The three ways in which a picture comes to the service. Each goes on by itself where the line breaks, and ends with a task or a
// Refusal; `sending` is what carry.js knows of it.

import { Refusal, send } from './api.js'
import { abandon, begin, resume } from './resumable.js'
import { say } from './say.js'
import { changeTask, showSent, taskOf } from './tasks.js'
import { upload } from './upload.js'
import { keepFile } from './vault.js'

const PATIENCE_MS = 5000

/** By the id of the original; nothing if that is not there any more: then it is sent once more. */
export async function orderedAgain({ key, image, chain, fields }, file, { signal }) {
  try {
    return await send('tasks', { image, filters: chain, ...fields }, 'POST', { 'Idempotency-Key': key })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
    signal.throwIfAborted()
    changeTask(key, { image: null })
    if (file) keepFile(key, file)
    return null
  }
}

/** In one request; nothing where the line broke before all had gone: it goes on in pieces. */
export async function sentWhole({ key, name, chain, fields }, file, sending) {
  const form = new FormData()
  for (const [field, value] of Object.entries({ filters: chain, ...fields })) form.append(field, typeof value === 'object' ? JSON.stringify(value) : value)
  form.append('image', file, name)
  const hear = sent => showSent(key, sent)
  changeTask(key, { tried: true })
  for (;;) {
    try {
      return await upload(form, { key, signal: sending.signal, hear, gone: () => { sending.whole = true } })
    } catch (refusal) {
      const busy = refusal.code === 'idempotency_key_in_use'
      if (!(refusal instanceof Refusal) || refusal.status !== 0 && !busy) throw refusal
      if (!sending.whole && !busy) break
      // The task may be there: asked for under the same key it is not made twice.
      await lineIsBack(key, sending, refusal.retryAfter)
    }
  }
  changeTask(key, { tried: false })
  return null
}

export async function sentInPieces(record, file, sending) {
  for (;;) {
    try {
      return await nextPieces(record, file, sending)
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || !refusal.passes && refusal.status !== 423) throw refusal
      await readable(file)
      await lineIsBack(record.key, sending, refusal.retryAfter)
    }
  }
}

/** A file that is gone from the disk looks to a request as a line that is broken. */
const readable = file => file.slice(0, 1).arrayBuffer().catch(() => { throw new Refusal(410, { code: 'file_changed' }) })

async function nextPieces(record, file, sending) {
  const { key, name, chain, fields } = record
  sending.url ??= await begin(file, { filename: name, filters: [chain], ...fields })
  changeTask(key, { upload: sending.url, state: 'sending' })
  if (sending.signal.aborted) abandon(sending.url)
  const hear = sent => {
    sending.whole = sent >= 1
    showSent(key, sent)
  }
  try {
    return await resume(file, sending.url, { signal: sending.signal, hear })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status) || sending.renewed) throw refusal
    // The upload was too long ago: from the beginning, but not for ever.
    Object.assign(sending, { url: null, renewed: true })
    changeTask(key, { upload: null })
    return nextPieces(record, file, sending)
  }
}

/** Waits until the line may be there again. */
async function lineIsBack(key, { signal }, seconds = 0) {
  signal.throwIfAborted()
  changeTask(key, { state: 'paused' })
  if (taskOf(key)) say('The line is broken. The upload goes on by itself.')
  await new Promise(done => {
    const timer = setInterval(() => { if (navigator.onLine) end() }, Math.max(PATIENCE_MS, seconds * 1000))
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
