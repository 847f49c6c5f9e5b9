// Sending a picture so that it can go on where it was cut (tus): large files, bad lines, pages that were reloaded.

import { here, identity, Refusal, request } from './api.js'

const VERSION = { 'Tus-Resumable': '1.0.0' }
const DELAYS_MS = [500, 1000, 2000, 4000]
const FINAL = new Set([400, 401, 403, 404, 410, 413, 415, 422])

const encoded = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

const metadata = fields => Object.entries(fields).map(([name, value]) =>
  `${name} ${encoded(typeof value === 'object' ? JSON.stringify(value) : String(value))}`).join(',')

/** Begins an upload; its address. */
export async function begin(file, fields) {
  const headers = { ...VERSION, 'Upload-Length': String(file.size), 'Upload-Metadata': metadata(fields) }
  const response = await request('uploads', { method: 'POST', headers })
  return here(response.headers.get('Location')).href
}

const idOf = address => address.split('/').pop()

/** Gives an upload up; if a task has come of it meanwhile, the id of that. */
export async function abandon(url) {
  try {
    const state = await request(url, { method: 'HEAD', headers: VERSION })
    const task = state.headers.get('Imgfilter-Task')
    if (task) return idOf(task)
    await request(url, { method: 'DELETE', headers: VERSION })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
  }
  return null
}

let failures = 0

/** The library, when it is needed first. Browsers may remember that an address failed. */
async function library() {
  try {
    return await import(failures ? `../lib/tus.js?${failures}` : '../lib/tus.js')
  } catch {
    failures += 1
    throw Refusal.offline()
  }
}

/** Sends what is missing. Resolves to the id of the task; rejects with a Refusal, also when the line is cut for longer. */
export async function resume(file, url, { hear, signal }) {
  const { Upload } = await library()
  signal.throwIfAborted()
  return new Promise((done, failed) => {
    const sending = new Upload(file, {
      // Without `endpoint`: if this one is gone, the library would begin another without our options.
      uploadUrl: url,
      headers: identity(),
      retryDelays: DELAYS_MS,
      storeFingerprintForResuming: false,
      onProgress: (sent, total) => hear(sent / total),
      onShouldRetry: error => navigator.onLine && !FINAL.has(error.originalResponse?.getStatus()),
      onError: error => failed(refusalOf(error)),
      onSuccess: ({ lastResponse }) => {
        const task = lastResponse.getHeader('Imgfilter-Task')
        if (task) done(idOf(task))
        else failed(Refusal.of(lastResponse.getStatus(), ''))
      },
    })
    const stop = () => {
      sending.abort()
      failed(new DOMException('canceled', 'AbortError'))
    }
    signal.addEventListener('abort', stop, { once: true })
    sending.start()
  })
}

function refusalOf(error) {
  const response = error.originalResponse
  if (!response?.getStatus()) return Refusal.offline()
  return Refusal.of(response.getStatus(), response.getBody(), response.getHeader('Retry-After'))
}
