// The preview: a small copy of the picture lies at the service for a while, and is filtered by short tasks. One is under way at
// a time; of all that is wished for meanwhile only the last counts.

import { ask, fetched, here, OPEN, Refusal, send } from './api.js'
import { pause } from './dom.js'
import { owe } from './owed.js'

const LIFE_S = 600
// A preview takes some 50 ms, about which `?wait=` is not precise enough.
const QUICK_ASKS = 16
const QUICK_MS = 22
const OUTPUT = { expires_in: LIFE_S, quality: 82, effort: 1 }

/** The task once it has ended. */
export async function ended(id, wait = 20) {
  for (let asks = 0; ; asks += 1) {
    const slow = asks >= QUICK_ASKS ? `?wait=${wait}` : ''
    const task = await ask(`tasks/${id}${slow}`)
    if (!OPEN.has(task.status)) return task
    if (!slow) await pause(QUICK_MS)
  }
}

/** The bytes of a result, or its error as a Refusal. */
export async function bytesOf(result) {
  if (result.error) throw new Refusal(422, result.error)
  return fetched(here(result.url))
}

/** An address to show a result by: of bytes that are here, or its link where the service sends browsers elsewhere for them. */
export async function sightOf(result) {
  try {
    return URL.createObjectURL(await bytesOf(result))
  } catch (refusal) {
    if (refusal.code !== 'offline' || !navigator.onLine) throw refusal
    return here(result.url).href
  }
}

/** A copy at the service, which can be filtered. Begin with `place`, end with `leave`. */
export class Copy {
  constructor() {
    this.image = null
    // The task that keeps the image alive.
    this.keeper = null
    this.tasks = []
    this.parts = []
    this.left = false
  }

  /** Sends the bytes with some first chains; the task. */
  async place(blob, chains, { name = 'preview', ...more } = {}) {
    const form = new FormData()
    form.append('image', blob, name)
    for (const chain of chains) form.append('filters', chain)
    for (const [field, value] of Object.entries({ ...OUTPUT, ...more })) form.append(field, value)
    const task = await ask('images', { method: 'POST', body: form })
    this.keeper = task.id
    this.keep(task)
    return task
  }

  /** Another task on it. */
  async order(chains) {
    const task = await send('tasks', { image: this.image, filters: chains, ...OUTPUT })
    this.keep(task)
    return task
  }

  keep(task) {
    this.image = task.image.id
    if (this.left) owe(task.id, { brief: true })
    else this.tasks.push(task.id)
  }

  /** Another copy, of the same picture, that lives as long as this one. */
  with(other) {
    this.parts.push(other)
    if (this.left) other.leave()
  }

  /** Erases a task whose pictures are here. */
  done(task) {
    if (task.id === this.keeper) return
    this.tasks = this.tasks.filter(id => id !== task.id)
    owe(task.id, { brief: true })
  }

  /** All of it is to be erased. */
  leave() {
    this.left = true
    this.tasks.splice(0).reverse().forEach(id => owe(id, { brief: true }))
    for (const part of this.parts) part.leave()
  }
}

/** Shows the last chain that was wished for. `hear` is told `{ busy }`, `{ url, chain }` or `{ refusal, chain }`. */
export class Preview {
  constructor(hear) {
    this.hear = hear
    this.copy = null
    this.wanted = null
    this.running = false
    this.until = 0
    this.turn = 0
  }

  /** What follows is of another copy; nothing of the one before is shown any more. */
  use(copy) {
    this.copy = copy
    this.wanted = null
    this.turn += 1
  }

  /** `chain` is `{ text }` and whatever `hear` is to get back with it. */
  want(chain) {
    this.wanted = { chain, copy: this.copy, turn: this.turn }
    if (!this.running) this.run()
  }

  async run() {
    this.running = true
    this.hear({ busy: true })
    try {
      while (this.wanted) await this.next()
    } finally {
      this.running = false
      this.hear({ busy: false })
    }
  }

  async next() {
    const { wanted } = this
    this.wanted = null
    const wait = this.until - Date.now()
    if (wait > 0) await pause(wait)
    const told = await this.filtered(wanted)
    if (wanted.turn === this.turn) this.hear({ ...told, chain: wanted.chain })
    else URL.revokeObjectURL(told.url)
  }

  async filtered({ chain, copy }) {
    try {
      const task = await ended((await copy.order([chain.text])).id)
      const url = await sightOf(task.results[0])
      copy.done(task)
      return { url }
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      if (refusal.code === 'too_many_requests') this.until = Date.now() + refusal.retryAfter * 1000
      return { refusal }
    }
  }
}
