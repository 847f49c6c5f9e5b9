// Of all tabs one alone does a piece of work. Without TLS a page has no locks; then the tabs ask each other.

import { pause } from './dom.js'
import { place } from './place.js'

const ANSWER_MS = 300
const { name } = place('tabs')

// Whoever is at work has 0, whoever asks a number above: of two that ask the lower one may begin.
const tickets = new Map()
const tabs = navigator.locks || typeof BroadcastChannel !== 'function' ? null : new BroadcastChannel(name)

tabs?.addEventListener('message', ({ data: { key, asks, refuses } }) => {
  const own = tickets.get(key)
  if (own < asks) tabs.postMessage({ key, refuses: asks })
  if (own > asks || own === refuses) tickets.delete(key)
})

async function mayBegin(key) {
  const asks = Math.random() + 1
  tickets.set(key, asks)
  tabs?.postMessage({ key, asks })
  await pause(ANSWER_MS)
  return tickets.get(key) === asks
}

/** Does `work` unless another tab is at it, or this one; `fresh` says that no other can know of the key yet. */
export async function alone(key, work, { fresh = false } = {}) {
  if (navigator.locks) return navigator.locks.request(`${name} ${key}`, { ifAvailable: true }, lock => lock && work())
  if (tickets.has(key) || !fresh && !await mayBegin(key)) return null
  tickets.set(key, 0)
  try {
    return await work()
  } finally {
    tickets.delete(key)
  }
}
