// What the page has promised to erase: tasks by their ids (previews that were seen, orders that were canceled), and uploads in
// pieces by their addresses. It is written down, so that the promise holds also if the page ends or the line is broken.

import { erase, Refusal } from './api.js'
import { settled } from './dom.js'
import { onKey } from './key.js'
import { place } from './place.js'
import { abandon } from './resumable.js'

const IDLE_MS = 1500
const REST_MS = 30_000
// Whoever has lost the key to a task can only wait for the end of its links; the list need not.
const GIVEN_UP_MS = 86_400_000
// Browsers let few requests outlive a page.
const LAST = 24

const kept = place('owed')
// What is owed, each with `{ since, brief }`: when it was promised, and whether it ends by itself within minutes.
let owed = new Map(kept.read([]))
// Whether the last change could be written down; if not, this tab knows best.
let written = true
// Those of another key, which may be entered again.
const refused = new Set()

/** Other tabs owe too. */
function change(work) {
  if (written) owed = new Map(kept.read([...owed]))
  work()
  written = kept.write([...owed])
}

// Not while a slider is being moved: that comes first.
const soon = settled(IDLE_MS, () => sweep())
const later = settled(REST_MS, () => sweep())

/** Promises to erase a task or an upload, when there is time for it; `brief`: otherwise it ends by itself within minutes. */
export function owe(what, { brief = false } = {}) {
  change(() => owed.set(what, { since: Date.now(), brief }))
  soon()
}

const settle = what => change(() => owed.delete(what))

/** Erases it, or leaves it for later: false if the service cannot be reached. What comes of an upload is a task. */
async function pay(what) {
  try {
    const task = what.includes('/') ? await abandon(what) : await erase(what)
    if (task) owe(task)
    settle(what)
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    if (refusal.passes || refusal.status === 423) {
      later()
      return !refusal.passes
    }
    // Another tab may have erased it meanwhile.
    if (Date.now() - (owed.get(what)?.since ?? 0) > GIVEN_UP_MS) settle(what)
    else refused.add(what)
  }
  return true
}

let sweeping = false

/** Erases all that is owed, one after the other. */
export async function sweep() {
  if (sweeping) return later()
  sweeping = true
  try {
    for (const what of [...owed.keys()]) {
      if (!refused.has(what) && !await pay(what)) break
    }
  } finally {
    sweeping = false
  }
}

/** Erases what is brief when the page ends, by requests that outlive it; the rest is for the next page. */
export function sweepAtLast() {
  const brief = [...owed].filter(([, how]) => how.brief).map(([id]) => id)
  for (const id of brief.slice(0, LAST)) erase(id, { keepalive: true }).catch(() => {})
  change(() => brief.forEach(id => owed.delete(id)))
}

onKey(() => {
  refused.clear()
  soon()
})
addEventListener('online', () => soon())
