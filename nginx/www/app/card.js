// One entry of the list: what was ordered, how far it is, and its link once there is one.

import { here } from './api.js'
import { copyText } from './clipboard.js'
import { button, h } from './dom.js'
import { bytes, count, day, moment, until } from './figures.js'
import { again, discardTask } from './order.js'
import { inOneLine, words } from './problem.js'
import { alarm, say } from './say.js'
import { UNDER_WAY } from './tasks.js'

const STATES = {
  sending: 'Sending', paused: 'Waiting for the line', queued: 'Waiting its turn', processing: 'At work', done: 'Done', failed: 'Failed',
  canceled: 'Canceled', expired: 'Expired', refused: 'Refused', gone: 'Gone',
}
// The picture and the filters are not to blame: another time it may go well.
const MAY_PASS = new Set([0, 401, 403, 408, 409, 423, 429])
const UNLUCKY = new Set(['worker_lost', 'engine_crashed', 'deadline_exceeded', 'internal_error'])

/** What the card is drawn from; if it is the same nothing has to be drawn. */
export const looksLike = ({ sent, ...record }) => JSON.stringify(record)

/** The element of a record, and `progress(sent)` for what changes often. */
export function card(record, callbacks) {
  const bar = UNDER_WAY.has(record.state) ? progressBar(record) : null
  const result = record.task?.results?.[0]
  const root = h('article', { class: `card ${record.state}`, 'data-key': record.key, 'aria-label': record.name },
    picture(record, result), h('div', { class: 'about' }, head(record), chainOf(record), bar?.root, outcome(record, result), acts(record, result, callbacks)))
  return { root, progress: sent => bar?.show(sent) }
}

function picture({ thumb, name }, result) {
  const image = thumb ? h('img', { src: thumb, alt: '', loading: 'lazy' }) : h('span', { class: 'blank' })
  if (!result?.url) return h('div', { class: 'thumb' }, image)
  return h('a', { class: 'thumb', href: here(result.url).href, target: '_blank', rel: 'noopener', 'aria-label': `Open ${name}` }, image)
}

const head = ({ name, state, at }) => h('header', {}, h('h3', {}, name),
  h('p', { class: 'state' }, h('span', { class: 'pill' }, STATES[state] ?? state), h('time', { dateTime: new Date(at).toISOString() }, moment(at))))

const chainOf = ({ chain }) => h('p', { class: 'chain' }, chain ? h('code', {}, chain) : 'no filters')

function progressBar({ state, sent, size, name }) {
  const bar = h('progress', { max: 100, 'aria-label': `Progress of ${name}` })
  const words = h('span', { class: 'percent' })
  const show = share => {
    bar.value = Math.round(share * 100)
    words.textContent = share < 1 ? `${Math.floor(share * 100)} % of ${bytes(size)}` : 'All is sent'
  }
  // Nobody knows how long a task takes, so its bar only moves.
  if (['sending', 'paused'].includes(state)) show(sent)
  return { root: h('div', { class: 'progress' }, bar, words), show }
}

function outcome({ state, problem }, result) {
  if (problem && state !== 'paused') return h('p', { class: 'mistake' }, inOneLine(problem))
  if (result?.error) return h('p', { class: 'mistake' }, inOneLine(result.error))
  if (state === 'expired') return h('p', { class: 'hint' }, 'The time of the link has come. The service has erased the result.')
  if (state === 'paused') return h('p', { class: 'hint' }, 'The line is broken. It goes on by itself from where it was.')
  if (!result?.url) return null
  const { width, height, bytes: size, format, expires_at: end } = result
  return h('p', { class: 'hint' }, `${count(width)} × ${count(height)}, ${format.toUpperCase()}, ${bytes(size)}. The link ends on `,
    h('time', { dateTime: end, title: moment(end) }, day(end)), ` (${until(end)}).`)
}

function acts(record, result, { showQr }) {
  if (UNDER_WAY.has(record.state)) return h('div', { class: 'acts' }, button('remove', 'Cancel', () => discard(record)))
  if (!result?.url) return h('div', { class: 'acts' }, mayHelp(record, result) && retry(record), button('remove', 'Take off the list', () => discard(record)))
  const { url } = result
  const share = navigator.share && button('share', 'Share', () => shareLink(record, url))
  return h('div', { class: 'acts' },
    h('a', { class: 'button', href: `${here(url).href}?download`, download: '' }, h('span', {}, 'Download')),
    button('copy', 'Copy link', () => copyText(url, 'The link is copied.')), share,
    button('qr', 'QR code', () => showQr(url, record.name), { quiet: true }), eraser(record))
}

const retry = ({ key }) => button('again', 'Try again', () => again(key))

const mayHelp = ({ state, problem }, result) => state === 'refused' && (MAY_PASS.has(problem.status) || problem.status >= 500)
  || state === 'failed' && UNLUCKY.has(result?.error?.code)

async function discard(record) {
  try {
    await discardTask(record.key)
    say(`${record.name} is gone.`)
  } catch (refusal) {
    alarm(`${words(refusal).title}. ${words(refusal).help}`)
  }
}

/** Asks once more in the same place: what is erased does not come back. */
function eraser(record) {
  const place = h('span', { class: 'eraser' })
  const first = button('erase', `Erase ${record.name}`, () => {
    const sure = button('erase', 'Erase for good', () => discard(record), { kind: 'danger' })
    place.replaceChildren(sure, button('', 'Keep', () => { place.replaceChildren(first); first.focus() }))
    sure.focus()
    say('Picture, results and links will be gone. Erase for good, or keep?')
  }, { quiet: true })
  place.append(first)
  return place
}

async function shareLink({ name }, url) {
  try {
    await navigator.share({ title: name, url })
  } catch (error) {
    if (error.name !== 'AbortError') copyText(url, 'The link is copied.')
  }
}
