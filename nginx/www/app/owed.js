// Tasks that the page has promised to erase: previews that were seen, orders that were canceled. They are written down, so that
// the promise holds also if the page ends or the line is broken.

import { erase, Refusal } from './api.js'
import { settled } from './dom.js'
import { onKey } from './key.js'
import { place } from './place.js'

const IDLE_MS = 1500
// Whoever has lost the key to a task can only wait for the end of its links; the list need not.
const GIVEN_UP_MS = 86_400_000
// Browsers let few requests outlive a page.
const LAST = 24

const kept = place('owed')
// The id of each, and when it was promised.
let owed = new Map(kept.read([]))

/** Other tabs owe too. */
function change(work) {
  owed = new Map(kept.read([...owed]))
  work()
  kept.write([...owed])
}

// Not while a slider is being moved: that comes first.
const soon = settled(IDLE_MS, () => sweep())

/** Promises to erase a task, when there is time for it. */
export function owe(id) {
  change(() => owed.set(id, Date.now()))
  soon()
}

/** Erases it; false if that is to be tried again later. */
async function erased(id) {
  try {
    await erase(id)
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    if (refusal.passes) throw refusal
    // It is of another key, which may be entered again.
    return Date.now() - owed.get(id) > GIVEN_UP_MS
  }
  return true
}

let sweeping = false

/** Erases all that is owed, one after the other, until the service cannot be reached. */
export async function sweep() {
  if (sweeping) return
  sweeping = true
  try {
    for (const id of [...owed.keys()]) if (await erased(id)) change(() => owed.delete(id))
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
  } finally {
    sweeping = false
  }
}

/** Erases what it can when the page ends, by requests that outlive it. What came of them the next page finds out. */
export function sweepAtLast() {
  for (const id of [...owed.keys()].slice(0, LAST)) erase(id, { keepalive: true }).catch(() => {})
}

onKey(() => soon())
addEventListener('online', () => soon())
