// A refusal that concerns the picture or the service, said below the picture.

import { button, find, h } from './dom.js'
import { askForKey } from './key.js'
import { words } from './problem.js'
import { warn } from './say.js'

const KEY = new Set(['key_required', 'invalid_key', 'scope_missing'])

/** Shows a Refusal, with a way to try again where that may help; without one the notice goes. */
export function notice(refusal, again) {
  const place = find('#notice')
  if (!refusal) {
    place.replaceChildren()
    return
  }
  const { title, help } = words(refusal)
  const acts = []
  if (KEY.has(refusal.code)) acts.push(button('key', 'Enter a key', () => askForKey(help)))
  else if (again && refusal.passes) acts.push(button('again', 'Try again', again))
  place.replaceChildren(h('div', { class: 'problem' }, icon(), h('p', {}, h('strong', {}, title), ' ', help), ...acts))
  warn(`${title}. ${help}`)
}

const icon = () => h('span', { class: 'mark', 'aria-hidden': 'true' }, '!')
