// From a picture and a chain to a task: sent whole or in pieces, or by the id of what is there already; then watched.

import { erase, Refusal, send, unique } from './api.js'
import { inOneLine } from './problem.js'
import { abandon, begin, resume } from './resumable.js'
import { alarm, say } from './say.js'
import { addTask, changeTask, forgetTask, showSent, taskOf, tasks } from './tasks.js'
import { upload } from './upload.js'
import { dropFile, keepFile, keptFile } from './vault.js'
import { watch } from './watch.js'

// Larger files go in pieces from the start.
const LARGE = 8 << 20
const PATIENCE_MS = 5000
const PENDING = new Set(['queued', 'processing'])
// Several pictures go one after the other: together none of them would be quicker.
let line = Promise.resolve()

const running = new Map()
const watched = new Map()
const images = new Map()

/** Orders the chain on a picture; the key of its record. */
export function order(picture, chain, fields) {
  const key = unique()
  addTask({ key, id: null, name: picture.name, at: Date.now(), chain, fields, state: 'sending', sent: 0, size: picture.file.size,
    thumb: picture.thumb, task: null, problem: null, upload: null })
  images.set(key, picture)
  line = line.then(() => carry(key, picture.file))
  return key
}

/** Takes a task from wherever it is to where it is at the service; every way ends in the record. */
async function carry(key, file) {
  if (!taskOf(key)) return
  const stop = new AbortController()
  running.set(key, stop)
  try {
    await withLock(key, () => sendIt(key, file, stop.signal))
  } catch (refusal) {
    if (refusal.name === 'AbortError') return
    if (!(refusal instanceof Refusal)) throw refusal
    changeTask(key, { state: 'refused', problem: plain(refusal) })
    dropFile(key)
    alarm(`${taskOf(key)?.name}: ${inOneLine(refusal)}`)
  } finally {
    running.delete(key)
  }
}

const plain = ({ code, detail, title, limit, status, position, suggestion }) => ({ code, detail, title, limit, status, position, suggestion })

/** One tab alone sends an upload, where the browser can tell. */
function withLock(key, work) {
  if (!navigator.locks) return work()
  return navigator.locks.request(`imgfilter ${key}`, { ifAvailable: true }, lock => lock && work())
}

async function sendIt(key, file, signal) {
  const picture = images.get(key)
  if (picture?.image && await orderedAgain(key, picture)) return
  keepFile(key, file)
  let task = null
  if (file.size <= LARGE && !taskOf(key).upload) task = await sentWhole(key, file, signal)
  if (!task) return arrived(key, { id: await sentInPieces(key, file, signal) })
  if (picture) picture.image = task.image.id
  arrived(key, task)
}

/** The original is still there; if it is not it is sent once more. */
async function orderedAgain(key, picture) {
  const { chain, fields } = taskOf(key)
  try {
    arrived(key, await send('tasks', { image: picture.image, filters: chain, ...fields }, 'POST', { 'Idempotency-Key': key }))
    return true
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
    picture.image = null
    return false
  }
}

/** Nothing where the line broke before all had gone: it goes on in pieces. */
async function sentWhole(key, file, signal) {
  const { chain, fields } = taskOf(key)
  const form = new FormData()
  for (const [name, value] of Object.entries({ filters: chain, ...fields })) form.append(name, typeof value === 'object' ? JSON.stringify(value) : value)
  form.append('image', file, taskOf(key).name)
  for (let tries = 0; ; tries += 1) {
    try {
      return await upload(form, { key, signal, hear: sent => showSent(key, sent) })
    } catch (refusal) {
      if (refusal.status !== 0 || !(refusal instanceof Refusal)) throw refusal
      // All had gone, so the task may be there: asked again under the same key it is not made twice.
      if (!refusal.whole || tries > 1) return null
      await lineIsBack(key, signal)
    }
  }
}

async function sentInPieces(key, file, signal) {
  for (;;) {
    try {
      return await nextPieces(key, file, signal)
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || !refusal.passes && refusal.status !== 423) throw refusal
      await lineIsBack(key, signal, refusal.retryAfter)
    }
  }
}

async function nextPieces(key, file, signal) {
  const { chain, fields, name, upload: begun } = taskOf(key)
  const url = begun ?? await begin(file, { filename: name, filters: [chain], ...fields })
  changeTask(key, { upload: url, state: 'sending' })
  try {
    return await resume(file, url, { signal, hear: sent => showSent(key, sent) })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
    // The upload was too long ago: from the beginning.
    changeTask(key, { upload: null })
    return nextPieces(key, file, signal)
  }
}

/** Waits until the line may be there again. */
function lineIsBack(key, signal, seconds = 0) {
  changeTask(key, { state: 'paused' })
  say('The line is broken. The upload goes on by itself.')
  return new Promise((done, failed) => {
    const timer = setInterval(() => { if (navigator.onLine) end() }, Math.max(PATIENCE_MS, seconds * 1000))
    const end = () => {
      clearInterval(timer)
      removeEventListener('online', end)
      changeTask(key, { state: 'sending' })
      done()
    }
    addEventListener('online', end)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      failed(new DOMException('canceled', 'AbortError'))
    }, { once: true })
  })
}

function arrived(key, task) {
  dropFile(key)
  changeTask(key, { id: task.id, state: task.status ?? 'queued', sent: 1, upload: null, problem: null, task: null })
  follow(key)
}

function follow(key) {
  if (watched.has(key)) return
  watched.set(key, watch(taskOf(key).id, task => {
    if (task instanceof Refusal) changeTask(key, { state: 'gone', problem: plain(task), task: null })
    else changeTask(key, { state: task.status, task: { results: task.results, image: task.image } })
    if (!(task instanceof Refusal) && PENDING.has(task.status)) return
    watched.delete(key)
    const { name, state } = taskOf(key) ?? {}
    if (state === 'done') say(`${name} is done. Its link is in the list of your pictures.`)
    else if (state === 'failed') alarm(`${name} could not be filtered.`)
    if (state === 'done' && images.has(key)) images.get(key).image = task.image.id
  }))
}

/** Stops an upload, or has a task erased; in either case it is off the list. */
export async function discardTask(key) {
  const { id, upload: begun } = taskOf(key)
  running.get(key)?.abort()
  if (begun) abandon(begun)
  watched.get(key)?.()
  watched.delete(key)
  if (id) await erase(id)
  if (images.has(key)) images.get(key).image = null
  dropFile(key)
  forgetTask(key)
}

/** Tries once more what was refused, if its file is at hand. */
export async function again(key) {
  const file = images.get(key)?.file ?? await keptFile(key)
  if (!file) return false
  changeTask(key, { state: 'sending', problem: null, sent: 0 })
  line = line.then(() => carry(key, file))
  return true
}

/** What the page has left open when it was closed: uploads go on, tasks are watched. */
export async function takeUp() {
  for (const { key, state, id } of tasks.value) {
    if (PENDING.has(state) && id) follow(key)
    if (!['sending', 'paused'].includes(state)) continue
    const file = await keptFile(key)
    if (file) line = line.then(() => carry(key, file))
    else changeTask(key, { state: 'interrupted' })
  }
}
