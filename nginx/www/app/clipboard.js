// Copying. Without TLS a page has no clipboard, but the old way still works.

import { h } from './dom.js'
import { alarm, toast } from './say.js'

export async function copyText(text, done) {
  if (await copied(text)) toast(done)
  else alarm('The browser does not let this page copy. Select the text and copy it by hand.')
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copiedBySelection(text)
  }
}

function copiedBySelection(text) {
  const back = document.activeElement
  const field = h('textarea', { value: text, class: 'sr', 'aria-hidden': 'true' })
  // Within an open dialog, since nothing outside of it can be selected.
  ;(document.querySelector('dialog[open]') ?? document.body).append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  back?.focus()
  return done
}
