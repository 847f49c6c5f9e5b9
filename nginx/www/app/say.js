// What happens, for the ears and, where it passes, for the eyes: one polite live region and one that interrupts.

import { find, h } from './dom.js'

const SHOWN_MS = 5000

function put(region, words) {
  // The same words again are no change, which nobody would read out.
  region.textContent = ''
  requestAnimationFrame(() => { region.textContent = words })
}

/** Said when nothing else is being said. */
export const say = words => put(find('#polite'), words)

/** Said at once: for what went wrong. */
export const alarm = words => put(find('#urgent'), words)

/** Said, and shown for a moment. */
export function toast(words) {
  say(words)
  const note = h('p', { class: 'toast' }, words)
  find('#toasts').append(note)
  setTimeout(() => note.remove(), SHOWN_MS)
}
