// Pictures go one after the other: together none of them would be quicker. Whoever waits for a broken line lets the others go.

let line = Promise.resolve()

const aborted = signal => new Promise((_, failed) => {
  signal.addEventListener('abort', () => failed(signal.reason), { once: true })
})

/** Does `work` once all that came before has been done or has failed. `signal` ends the wait, and the turn. */
export function inTurn(work, signal) {
  const done = line.then(() => {
    signal.throwIfAborted()
    return Promise.race([work(), aborted(signal)])
  })
  line = done.catch(() => {})
  return done
}
