// Numbers: a slider that is fine where people need it fine, and a field for the exact value.

import { freshId, h } from './dom.js'

// Wider ranges are for machines: a seed, a width. They get a field alone.
const WIDEST = 50000
const TICKS = 1000

/** How a place on the slider, from 0 to 1, becomes a value, and back. */
function curve({ min, max, unit, default: usual }) {
  if (min > 0 && max / min >= 40) {
    const ratio = Math.log(max / min)
    return { value: at => min * Math.exp(at * ratio), place: value => Math.log(value / min) / ratio }
  }
  // Lengths, and amounts far beyond their usual value, are mostly small.
  if (min >= 0 && (unit === 'px' || max > 4 * (usual ?? max))) {
    return { value: at => min + (max - min) * at * at, place: value => Math.sqrt((value - min) / (max - min)) }
  }
  return { value: at => min + (max - min) * at, place: value => (value - min) / (max - min) }
}

/** As many digits as the eye can tell apart. */
function rounded({ type, min, max }, value) {
  if (type === 'integer') return String(Math.round(value))
  const span = max - min
  if (span <= 2) return String(Number(value.toFixed(2)))
  if (span <= 20 || Math.abs(value) < 10) return String(Number(value.toFixed(1)))
  return String(Number(value.toPrecision(3)))
}

const unitWords = { '%': 'per cent', px: 'pixels', '°': 'degrees', EV: 'stops', K: 'kelvin' }

/** A control of a parameter; `hear` gets the text of each value. */
export function numberControl(parameter, label, hear) {
  const id = freshId('number')
  const { min, max, unit } = parameter
  const field = h('input', { type: 'number', id, min, max, step: parameter.type === 'integer' ? 1 : 'any', inputMode: 'decimal', class: 'number' })
  const shown = h('span', { class: 'unit', 'aria-hidden': 'true' }, unit ?? '')
  const named = h('label', { for: id }, label, unit && h('span', { class: 'sr' }, `, ${unitWords[unit] ?? unit}`))
  const slider = max - min <= WIDEST ? sliderOf(parameter, label, text => { field.value = text; hear(text) }) : null
  field.oninput = () => {
    slider?.show(field.value)
    if (field.value !== '' || !parameter.required) hear(field.value)
  }
  const show = text => {
    field.value = text ?? ''
    field.placeholder = parameter.default ?? ''
    slider?.show(text)
  }
  return { root: h('div', { class: 'control' }, named, slider?.root, h('span', { class: 'figure' }, field, shown)), show }
}

function sliderOf(parameter, label, hear) {
  const { value, place } = curve(parameter)
  const range = h('input', { type: 'range', min: 0, max: TICKS, step: 1, 'aria-label': label })
  const paint = text => {
    range.setAttribute('aria-valuetext', `${text} ${unitWords[parameter.unit] ?? ''}`.trim())
    range.style.setProperty('--fill', `${range.value / TICKS * 100}%`)
  }
  range.oninput = () => {
    const text = rounded(parameter, value(range.value / TICKS))
    paint(text)
    hear(text)
  }
  // A key moves by what can be told apart, not by a thousandth that rounds to the value that is there.
  range.onkeydown = event => {
    const ways = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }
    const way = ways[event.key]
    if (!way) return
    event.preventDefault()
    const from = rounded(parameter, value(range.value / TICKS))
    let at = Number(range.value)
    do at += way
    while (at > 0 && at < TICKS && rounded(parameter, value(at / TICKS)) === from)
    range.value = at
    range.oninput()
  }
  const show = text => {
    const number = Number(text ?? parameter.default ?? parameter.min)
    const at = place(Math.min(parameter.max, Math.max(parameter.min, number)))
    range.value = Math.round((Number.isFinite(at) ? at : 0) * TICKS)
    paint(text ?? String(parameter.default ?? ''))
  }
  return { root: range, show }
}
