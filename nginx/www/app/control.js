// A control for each kind of parameter. Each is `{ root, show(text) }` and tells its text when the person changes it.

import { wordsOf } from './catalogue.js'
import { freshId, h } from './dom.js'
import { MarkedField } from './marked.js'
import { numberControl } from './slider.js'

const labels = { cx: 'Centre across', cy: 'Centre down', dx: 'To the right', dy: 'Down', r: 'Red', g: 'Green', b: 'Blue', x: 'X', y: 'Y' }

/** The name of a parameter as a person reads it. */
export function labelOf({ name }) {
  if (labels[name]) return labels[name]
  const words = name.replace(/_/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The control of a filter's parameter. */
export function control(catalogue, filter, parameter, hear) {
  const label = labelOf(parameter)
  const words = wordsOf(catalogue, filter, parameter)
  if (words) return choiceControl(label, words, parameter, hear)
  switch (parameter.type) {
    case 'number':
    case 'integer':
      return numberControl(parameter, label, hear)
    case 'choice':
      return isSwitch(parameter) ? switchControl(label, hear)
        : choiceControl(label, parameter.choices.map(value => ({ value, title: value })), parameter, hear)
    case 'colour':
      return colourControl(label, parameter, hear)
    case 'equations':
      return equationControl(hear)
    default:
      return textControl(label, parameter, hear)
  }
}

const isSwitch = ({ choices }) => choices.length === 2 && choices.includes('yes') && choices.includes('no')

function switchControl(label, hear) {
  const box = h('input', { type: 'checkbox', onchange: () => hear(box.checked ? 'yes' : 'no') })
  return { root: h('label', { class: 'control switch' }, box, h('span', {}, label)), show: text => { box.checked = text === 'yes' } }
}

function choiceControl(label, words, parameter, hear) {
  const id = freshId('choice')
  const select = h('select', { id, onchange: () => hear(select.value) },
    words.map(({ value, title }) => h('option', { value }, title)))
  const show = text => { select.value = text ?? parameter.default ?? words[0].value }
  return { root: h('div', { class: 'control choice' }, h('label', { for: id }, label), select), show }
}

function textControl(label, parameter, hear) {
  const id = freshId('text')
  const hint = { numbers: 'numbers with : between', text: '' }[parameter.type]
  const field = h('input', { type: 'text', id, spellcheck: false, autocomplete: 'off', placeholder: parameter.default ?? hint ?? '',
    oninput: () => hear(field.value) })
  return { root: h('div', { class: 'control wide' }, h('label', { for: id }, label), field), show: text => { field.value = text ?? '' } }
}

function colourControl(label, parameter, hear) {
  const id = freshId('colour')
  const pick = h('input', { type: 'color', 'aria-label': `${label}, picked` })
  const field = h('input', { type: 'text', id, spellcheck: false, autocomplete: 'off', placeholder: parameter.default ?? 'none',
    oninput: () => { paint(field.value); hear(field.value) } })
  const paint = text => { pick.value = hex(text || parameter.default || '#000000') }
  pick.oninput = () => {
    field.value = pick.value
    hear(pick.value)
  }
  const show = text => {
    field.value = text ?? ''
    paint(field.value)
  }
  return { root: h('div', { class: 'control' }, h('label', { for: id }, label), h('span', { class: 'colour' }, pick, field)), show }
}

/** Six digits of a colour by whatever name, as the browser's own field wants it. */
function hex(text) {
  const context = document.createElement('canvas').getContext('2d')
  context.fillStyle = text
  return context.fillStyle.startsWith('#') ? context.fillStyle : '#000000'
}

function equationControl(hear) {
  const field = new MarkedField({ label: 'Equations', hear, rows: 3 })
  const hint = h('p', { class: 'hint' }, 'r, g, b, a, luma, x and y run from 0 to 1; w and h are pixels. Separate equations with commas.')
  return { root: h('div', { class: 'control wide equation' }, field.root, hint), show: text => { field.value = text ?? '' }, marked: field }
}
