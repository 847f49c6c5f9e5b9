// Sending a picture in one request, with what has gone so far.

import { at, identity, Refusal } from './api.js'

// The longest silence of a line that is not broken.
const ANSWER_MS = 120_000

/**
 * Sends a form. `hear` gets the share that has gone, from 0 to 1; `signal` cancels. Resolves to the task; rejects with a
 * Refusal. `gone` is called once all bytes have left.
 */
export function upload(form, { key, hear, gone, signal }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    let patience
    // A line may be dead without anybody saying so.
    const silent = () => {
      failed(Refusal.offline())
      request.abort()
    }
    request.open('POST', at('images'))
    request.setRequestHeader('Idempotency-Key', key)
    for (const [name, value] of Object.entries(identity())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => {
      waits()
      hear(total ? loaded / total : 0)
    }
    const waits = () => {
      clearTimeout(patience)
      patience = setTimeout(silent, ANSWER_MS)
    }
    request.upload.onload = () => {
      gone()
      waits()
    }
    request.onloadend = () => clearTimeout(patience)
    request.onload = () => {
      const task = request.status === 202 && parsed(request.responseText)
      if (task) done(task)
      else if (request.status === 202) failed(Refusal.offline())
      else failed(Refusal.of(request.status, request.responseText, request.getResponseHeader('Retry-After')))
    }
    request.onerror = () => failed(Refusal.offline())
    request.onabort = () => failed(new DOMException('canceled', 'AbortError'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    if (signal.aborted) return failed(new DOMException('canceled', 'AbortError'))
    request.send(form)
  })
}

/** Nothing if the answer was cut. */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
