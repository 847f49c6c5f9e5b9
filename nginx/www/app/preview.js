// The preview: a small copy of the picture lies at the service for a while, and is filtered by short tasks. One is under way at
// a time; of all that is wished for meanwhile only the last counts.

import { ask, erase, here, Refusal, request, send } from './api.js'
import { pause, settled } from './dom.js'
import { place } from './place.js'

const LIFE_S = 600
// A preview takes some 50 ms, about which `?wait=` is not precise enough.
const QUICK_ASKS = 16
const QUICK_MS = 22
const IDLE_MS = 1500
// Browsers let few requests outlive a page.
const LAST = 24
const OUTPUT = { expires_in: LIFE_S, quality: 82, effort: 1 }

// Tasks that are to be erased, also if the page ends before that.
const leftovers = place('leftovers')
const owed = new Set(leftovers.read([]))

/** Erases the task when there is time for it. */
function discard(id) {
  owed.add(id)
  leftovers.write([...owed])
}

let sweeping = false

/** Erases all that is owed, one after the other. */
export async function sweep() {
  if (sweeping) return
  sweeping = true
  try {
    for (const id of owed) {
      await erase(id)
      owed.delete(id)
      leftovers.write([...owed])
    }
  } catch (refusal) {
    // Later then; what is of another key, or never to be, ends by itself.
    if (!(refusal instanceof Refusal)) throw refusal
    if (!refusal.passes) owed.clear()
  } finally {
    sweeping = false
  }
}

/** The task once it has ended. */
export async function ended(id, wait = 20) {
  for (let asks = 0; ; asks += 1) {
    const slow = asks >= QUICK_ASKS ? `?wait=${wait}` : ''
    const task = await ask(`tasks/${id}${slow}`)
    if (!['queued', 'processing'].includes(task.status)) return task
    if (!slow) await pause(QUICK_MS)
  }
}

/** The bytes of a result, or its error as a Refusal. */
export async function bytesOf(result) {
  if (result.error) throw new Refusal(422, result.error)
  return (await request(here(result.url))).blob()
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
    this.tasks = []
    this.left = false
  }

  /** Sends the bytes with some first chains; the task. */
  async place(blob, chains, { name = 'preview', ...more } = {}) {
    const form = new FormData()
    form.append('image', blob, name)
    for (const chain of chains) form.append('filters', chain)
    for (const [field, value] of Object.entries({ ...OUTPUT, ...more })) form.append(field, value)
    const task = await ask('images', { method: 'POST', body: form })
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
    if (this.left) discard(task.id)
    else this.tasks.push(task.id)
  }

  /** Erases a task whose pictures are here. The first one keeps the image alive and stays. */
  done(task) {
    if (task.id === this.tasks[0]) return
    this.tasks = this.tasks.filter(id => id !== task.id)
    discard(task.id)
  }

  /** All of it is to be erased. */
  leave() {
    this.left = true
    this.tasks.splice(0).reverse().forEach(discard)
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
    // Not while a slider is being moved: that comes first.
    this.tidy = settled(IDLE_MS, () => sweep())
  }

  /** What follows is of another copy; nothing of the one before is shown any more. */
  use(copy) {
    this.copy = copy
    this.wanted = null
  }

  /** `chain` is `{ text }` and whatever `hear` is to get back with it. */
  want(chain) {
    this.wanted = { chain, copy: this.copy }
    if (!this.running) this.run()
  }

  async run() {
    this.running = true
    this.hear({ busy: true })
    while (this.wanted) {
      const wanted = this.wanted
      this.wanted = null
      const wait = this.until - Date.now()
      if (wait > 0) await pause(wait)
      const told = await this.filtered(wanted)
      if (wanted.copy === this.copy) this.hear({ ...told, chain: wanted.chain })
    }
    this.running = false
    this.hear({ busy: false })
    this.tidy()
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

/** Erases what there is when the page ends, by requests that outlive it. What fails ends by itself, with its links. */
export function sweepAtLast() {
  for (const id of [...owed].slice(0, LAST)) {
    erase(id, { keepalive: true }).catch(() => {})
    owed.delete(id)
  }
  leftovers.write([...owed])
}
