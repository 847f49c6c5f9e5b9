// Requests to the service. The page lies at its root, whatever path that has.

import { currentKey } from './key.js'

// The longest that an answer may take: `?wait=` is shorter.
const ANSWER_MS = 120_000

export const BASE = new URL('./', document.baseURI)

/** An address of the service. */
export const at = path => new URL(path, BASE)

/** What the service answers, in its own words (application/problem+json), or that nothing was answered: `offline`. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter = 0) {
    super(problem.detail ?? problem.title ?? problem.code)
    Object.assign(this, { status, retryAfter }, problem)
    this.code = problem.code ?? 'unknown'
  }

  static offline() {
    return new Refusal(0, { code: 'offline' })
  }

  /** Of an answer whose body may be anything. */
  static of(status, text, retryAfter) {
    let problem
    try {
      problem = JSON.parse(text)
    } catch {
      problem = {}
    }
    if (!problem || typeof problem !== 'object') problem = {}
    return new Refusal(status, problem, Number(retryAfter) || 0)
  }

  /** Whether the same may go well later. */
  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** States of a task that has not ended. */
export const OPEN = new Set(['queued', 'processing'])

/** What a record keeps of a Refusal. */
export const plain = ({ code, detail, title, limit, status, position, suggestion }) => ({ code, detail, title, limit, status, position, suggestion })

/** The headers of whoever is known by a key. */
export function identity() {
  const key = currentKey()
  return key ? { Authorization: `Bearer ${key}` } : {}
}

/** A fetch that throws a Refusal for whatever is not a success. */
export async function request(path, { headers = {}, ...options } = {}) {
  let response
  try {
    response = await fetch(at(path), { credentials: 'omit', signal: AbortSignal.timeout(ANSWER_MS), ...options, headers: { ...identity(), ...headers } })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw Refusal.offline()
  }
  if (response.ok) return response
  throw Refusal.of(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'))
}

/** What the body of an answer reads as; one that is cut short is no answer. */
async function body(response, kind) {
  try {
    return await response[kind]()
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw Refusal.offline()
  }
}

export const ask = async (path, options) => body(await request(path, options), 'json')

export const fetched = async path => body(await request(path), 'blob')

export function send(path, body, method = 'POST', headers = {}) {
  return ask(path, { method, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

/** The same address below this page: the service names itself as the operator has told it, which may be another name. */
export function here(url) {
  const [path] = /\/(d\/[^/]+\/[^/]+|tasks\/[^/]+|uploads\/[^/]+)$/.exec(url) ?? [null]
  return path ? at(path.slice(1)) : new URL(url, BASE)
}

/** Erases a task, and takes for done what is gone already. */
export async function erase(id, options = {}) {
  try {
    await request(`tasks/${id}`, { method: 'DELETE', ...options })
  } catch (refusal) {
    if (![404, 410].includes(refusal.status)) throw refusal
  }
}

/** A name that nobody else has. `crypto.randomUUID` is not there on a page without TLS. */
export function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
