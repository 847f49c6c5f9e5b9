// The chain as a list of filters with their controls, which are put in order by drag or by keys.

import { button, find, h } from './dom.js'
import { control } from './control.js'
import { sorting } from './sorting.js'
import { words } from './problem.js'
import { say } from './say.js'
import { chain, fault } from './state.js'
import { spliced } from './chain-text.js'

// More than these of the parameters that may be left out are folded away.
const SHOWN = 4

export class Steps {
  constructor(catalogue) {
    this.catalogue = catalogue
    this.list = find('#steps')
    this.cards = new Map()
    sorting(this.list, key => this.order().indexOf(key), (key, to) => this.moved(key, to))
    chain.steps.on(steps => this.show(steps))
    fault.on(found => this.blame(found))
  }

  order() {
    return chain.steps.value.map(step => step.key)
  }

  moved(key, to) {
    const last = chain.steps.value.length - 1
    const place = Math.min(last, Math.max(0, to))
    chain.move(key, place)
    say(`${chain.steps.value[place].name} is now number ${place + 1} of ${last + 1}.`)
  }

  /** Cards stay as long as their step does, so that the focus and what is being written stay. */
  show(steps) {
    const keys = new Set(steps.map(step => step.key))
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue
      card.root.remove()
      this.cards.delete(key)
    }
    steps.forEach((step, index) => {
      const card = this.cards.get(step.key) ?? this.card(step)
      card.show(step.args)
      if (this.list.children[index] !== card.root) this.list.insertBefore(card.root, this.list.children[index] ?? null)
    })
    find('#no-steps').hidden = steps.length > 0
  }

  card(step) {
    const filter = this.catalogue.byName.get(step.name)
    const controls = new Map(filter.parameters.map(parameter =>
      [parameter.name, control(this.catalogue, filter, parameter, text => chain.set(step.key, parameter.name, text))]))
    const mistake = h('p', { class: 'mistake', 'aria-live': 'polite' })
    const root = h('li', { class: 'step', 'data-key': step.key, 'aria-label': step.name },
      this.head(step, filter), this.body(filter, controls), mistake)
    const card = { root, controls, mistake, shown: {}, show: args => showArgs(card, args) }
    this.cards.set(step.key, card)
    return card
  }

  head(step, filter) {
    const handle = button('drag', `Move ${step.name}: arrow up or down`, null, { quiet: true, kind: 'handle' })
    return h('div', { class: 'head' }, handle, h('h3', { title: `${filter.summary}.` }, step.name),
      button('remove', `Remove ${step.name}`, () => this.remove(step), { quiet: true }))
  }

  body(filter, controls) {
    const optional = filter.parameters.filter(parameter => !parameter.required)
    const folded = filter.parameters.length > SHOWN + 1 ? optional.slice(Math.max(0, SHOWN - (filter.parameters.length - optional.length))) : []
    const open = filter.parameters.filter(parameter => !folded.includes(parameter)).map(({ name }) => controls.get(name).root)
    const more = folded.length > 0 && h('details', { class: 'more' }, h('summary', {}, `${folded.length} more`),
      folded.map(({ name }) => controls.get(name).root))
    return h('div', { class: 'controls' }, open, more)
  }

  remove(step) {
    const at = this.order().indexOf(step.key)
    chain.remove(step.key)
    say(`${step.name} is removed.`)
    // The focus goes on to what stands there now, not to the top of the page.
    const next = this.list.children[at] ?? this.list.lastElementChild
    const target = next?.querySelector('.handle') ?? find('#add-filter')
    target.focus()
  }

  /** Shows a new filter to whoever has added it. */
  reveal(key) {
    const { root } = this.cards.get(key)
    root.scrollIntoView({ block: 'nearest' })
    const first = root.querySelector('.controls input, .controls select, .controls textarea') ?? root.querySelector('.handle')
    first.focus({ preventScroll: true })
  }

  blame(found) {
    for (const { mistake, controls, root } of this.cards.values()) {
      mistake.replaceChildren()
      root.classList.remove('wrong')
      for (const { marked } of controls.values()) marked?.clear()
    }
    const step = found && chain.steps.value[found.step]
    if (step) this.blameStep(step, this.cards.get(step.key), found)
  }

  blameStep(step, card, { refusal, parameter, offset, length }) {
    card.root.classList.add('wrong')
    const text = words(refusal).help
    const marked = card.controls.get(parameter)?.marked
    if (!marked) {
      card.mistake.textContent = text
      return
    }
    const { suggestion } = refusal
    const take = () => chain.set(step.key, parameter, spliced(marked.value, offset, length, suggestion))
    marked.mark({ offset, length }, text, suggestion && { words: `Take “${suggestion}”`, take })
  }
}

/** Puts values that have changed into their controls; what the person is just writing is there already. */
function showArgs(card, args) {
  for (const [name, { root, show }] of card.controls) {
    const text = args[name]
    if (card.shown[name] === text && name in card.shown) continue
    card.shown[name] = text
    const writing = root.contains(document.activeElement) && [...root.querySelectorAll('input, select, textarea')].some(each =>
      each.type !== 'range' && each.value === (text ?? ''))
    if (!writing) show(text)
  }
}
