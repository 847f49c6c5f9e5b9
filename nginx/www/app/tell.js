// Being told when a task has ended, by this browser or by mail. `tellFields` gives the fields of an order.

import { ask, at, Refusal } from './api.js'
import { find, h } from './dom.js'
import { currentKey, onKey } from './key.js'
import { inOneLine } from './problem.js'

let subscription = null
let mailbox = ''
let pushKey

const canPush = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** Asked for only when somebody wants to be told: most never do. */
async function offers() {
  pushKey ??= canPush() ? await ask('push-key').then(answer => answer.key, () => null) : null
  find('#tell-push-row').hidden = !pushKey
  const addresses = await mailboxes()
  find('#tell-mail-row').hidden = addresses.length === 0
  find('#tell-mail').replaceChildren(h('option', { value: '' }, 'nobody'), ...addresses.map(address => h('option', { value: address }, address)))
  find('#tell-none').hidden = Boolean(pushKey) || addresses.length > 0
}

/** Confirmed addresses of the key's owner. A key that may not see them is one without. */
async function mailboxes() {
  if (!currentKey()) return []
  try {
    const { targets, channels } = await ask('me/notifications')
    if (!channels.includes('email')) return []
    return targets.filter(({ channel, status }) => channel === 'email' && status === 'active').map(({ address }) => address)
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    return []
  }
}

async function subscribe() {
  const registration = await navigator.serviceWorker.register(at('push.js'), { scope: at('.').pathname })
  await navigator.serviceWorker.ready
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: pushKey })
}

async function togglePush(box) {
  subscription = null
  find('#tell-mistake').textContent = ''
  if (!box.checked) return
  try {
    subscription = (await subscribe()).toJSON()
  } catch (error) {
    box.checked = false
    find('#tell-mistake').textContent = error instanceof Refusal ? inOneLine(error)
      : 'The browser does not want to be told. Its settings for this page may forbid notifications.'
  }
}

export const tellFields = () => ({ ...(subscription && { push: subscription }), ...(mailbox && { email: mailbox }) })

export function startTelling() {
  const details = find('#tell-details')
  details.addEventListener('toggle', () => { if (details.open) offers() })
  onKey(() => { if (details.open) offers() })
  find('#tell-push').onchange = event => togglePush(event.target)
  find('#tell-mail').onchange = event => { mailbox = event.target.value }
}
