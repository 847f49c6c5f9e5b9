// How tasks go on: by Server-Sent Events, and by asking where those do not come.

import { ask, at, OPEN, Refusal } from './api.js'
import { pause } from './dom.js'

// A browser has six connections to a host by HTTP/1.1; those who send and look need some.
const STREAMS = 2
const ASK_MS = 1500
const REST_MS = 15000

let open = 0

const hasEnded = task => !OPEN.has(task.status)

/** Tells `hear` the task now and after each change until it has ended, or a Refusal if there is none. Returns what ends it. */
export function watch(id, hear) {
  const watching = { ended: false, stop: () => { watching.ended = true } }
  const tell = task => {
    if (watching.ended) return
    hear(task)
    if (task instanceof Refusal || hasEnded(task)) watching.stop()
  }
  if (open < STREAMS && typeof EventSource === 'function') listen(id, tell, watching)
  else poll(id, tell, watching)
  return () => watching.stop()
}

function listen(id, tell, watching) {
  const events = new EventSource(at(`tasks/${id}/events`))
  open += 1
  watching.stop = () => {
    if (!watching.ended) open -= 1
    watching.ended = true
    events.close()
  }
  events.addEventListener('task', ({ data }) => tell(JSON.parse(data)))
  events.addEventListener('gone', ({ data }) => tell(new Refusal(410, JSON.parse(data))))
  events.addEventListener('end', () => events.close())
  events.onerror = () => {
    // The browser comes again by itself after a broken line, but stays away for good after any answer that is no stream.
    if (events.readyState !== EventSource.CLOSED || watching.ended) return
    open -= 1
    watching.stop = () => { watching.ended = true }
    poll(id, tell, watching)
  }
}

async function poll(id, tell, watching) {
  for (let rest = ASK_MS; !watching.ended; rest = Math.min(rest * 1.3, REST_MS)) {
    try {
      tell(await ask(`tasks/${id}`))
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      if (!refusal.passes) return tell(refusal)
    }
    if (!watching.ended) await pause(rest)
  }
}
