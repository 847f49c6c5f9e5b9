// The API key: kept until the tab is closed, or on this device if the person says so.

import { find, h } from './dom.js'
import { place } from './place.js'
import { say } from './say.js'
import { signal } from './signal.js'

const forTab = place('key', () => sessionStorage)
const forGood = place('key')
const SHAPE = /^imgf_[A-Za-z0-9_-]{43}$/

const key = signal(forTab.read(null) ?? forGood.read(null))

// Where it is forgotten in one tab it is forgotten in all of them.
addEventListener('storage', event => {
  if (event.key === forGood.name || event.key === null) key.value = forTab.read(null) ?? forGood.read(null)
})

/** The key, or nothing. */
export const currentKey = () => key.value

/** Tells when another key counts. */
export const onKey = hear => key.on(hear)

function keep(value, lasting) {
  forTab.clear()
  forGood.clear()
  if (value) (lasting ? forGood : forTab).write(value)
  key.value = value
}

/** Opens the dialog; `why` says what needs a key. */
export function askForKey(why = '') {
  const dialog = find('#key-dialog')
  find('#key-why').textContent = why
  find('#key-field').value = key.value ?? ''
  find('#key-lasting').checked = Boolean(forGood.read(null))
  find('#key-mistake').textContent = ''
  find('#key-forget').hidden = !key.value
  if (!dialog.open) dialog.showModal()
}

function submit(event) {
  event.preventDefault()
  const field = find('#key-field')
  const value = field.value.trim()
  if (value && !SHAPE.test(value)) {
    find('#key-mistake').textContent = 'A key is imgf_ and 43 letters, digits, - or _. Was it copied whole?'
    field.setAttribute('aria-invalid', 'true')
    field.focus()
    return
  }
  field.removeAttribute('aria-invalid')
  keep(value || null, find('#key-lasting').checked)
  find('#key-dialog').close()
  say(value ? 'The key is kept.' : 'No key is used.')
}

export function startKey() {
  find('#key-open').onclick = () => askForKey()
  find('#key-form').onsubmit = submit
  find('#key-cancel').onclick = () => find('#key-dialog').close()
  find('#key-forget').onclick = () => {
    keep(null, false)
    find('#key-dialog').close()
    say('The key is forgotten.')
  }
  key.on(value => {
    const words = find('#key-open span')
    words.replaceChildren(value ? 'Key in use' : 'Key', ...(value ? [h('span', { class: 'dot' })] : []))
  })
}
