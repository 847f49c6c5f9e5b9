// Sending a picture in one request, with what has gone so far.

import { at, identity, Refusal } from './api.js'

/**
 * Sends a form. `hear` gets the share that has gone, from 0 to 1; `signal` cancels. Resolves to the task; rejects with a
 * Refusal, whose `whole` says that all bytes had gone.
 */
export function upload(form, { key, hear, signal }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    let whole = false
    request.open('POST', at('images'))
    request.setRequestHeader('Idempotency-Key', key)
    for (const [name, value] of Object.entries(identity())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => hear(total ? loaded / total : 0)
    request.upload.onload = () => { whole = true }
    request.onload = () => {
      if (request.status === 202) return done(JSON.parse(request.responseText))
      failed(Refusal.of(request.status, request.responseText, request.getResponseHeader('Retry-After')))
    }
    request.onerror = () => failed(Object.assign(Refusal.offline(), { whole }))
    request.onabort = () => failed(new DOMException('canceled', 'AbortError'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    if (signal.aborted) return failed(new DOMException('canceled', 'AbortError'))
    request.send(form)
  })
}
