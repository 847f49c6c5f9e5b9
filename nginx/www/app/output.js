// What is asked for beside the filters: format, quality, life of the link. `output` holds the fields of an order.

import { find } from './dom.js'
import { place } from './place.js'
import { signal } from './signal.js'

const LOSSY = new Set(['', 'jpeg', 'webp', 'avif'])
const remembered = place('output')

export const output = signal({})

export function startOutput() {
  const format = find('#format')
  const quality = find('#quality')
  const life = find('#life')
  const before = remembered.read({})
  format.value = before.format ?? ''
  quality.value = before.quality ?? ''
  life.value = before.expires_in ?? ''
  const read = () => {
    const lossy = LOSSY.has(format.value)
    find('#quality-row').hidden = !lossy
    const fields = { format: format.value, quality: lossy && quality.value ? Number(quality.value) : '', expires_in: Number(life.value) || '' }
    output.value = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
    remembered.write(output.value)
    find('#output-summary').textContent = summary(format, life)
  }
  for (const field of [format, quality, life]) field.oninput = read
  read()
}

/** What differs from the usual. */
const summary = (format, life) => [format, life].filter(field => field.value).map(field => field.selectedOptions[0].text).join(', ')
