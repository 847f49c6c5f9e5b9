// What happens, for the ears and, where it passes, for the eyes: one polite live region and one that interrupts.

import { find, h } from './dom.js'

const SHOWN_MS = 5000
const ALARM_MS = 10_000

function put(region, words) {
  // The same words again are no change, which nobody would read out.
  region.textContent = ''
  requestAnimationFrame(() => { region.textContent = words })
}

/** Said when nothing else is being said. */
export const say = words => put(find('#polite'), words)

/** Said at once: for what went wrong, where that is to be seen as well. */
export const warn = words => put(find('#urgent'), words)

function show(words, ms, kind) {
  const note = h('p', { class: `toast ${kind}`.trim() }, words)
  find('#toasts').append(note)
  setTimeout(() => note.remove(), ms)
}

/** Said, and shown for a moment. */
export function toast(words) {
  say(words)
  show(words, SHOWN_MS, '')
}

/** Said at once, and shown for longer: for what went wrong. */
export function alarm(words) {
  warn(words)
  show(words, ALARM_MS, 'bad')
}
