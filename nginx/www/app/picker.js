// The catalogue in a dialog: found by words or by group, added by a click.

import { parse } from './chain-text.js'
import { find, h } from './dom.js'
import { chain } from './state.js'

export class Picker {
  constructor(catalogue, reveal) {
    this.catalogue = catalogue
    this.reveal = reveal
    this.dialog = find('#picker')
    this.search = find('#picker-search')
    this.results = find('#picker-results')
    this.rows = catalogue.groups.map(group => this.group(group))
    this.results.replaceChildren(...this.rows.map(({ root }) => root))
    this.search.oninput = () => this.narrow()
    this.search.onkeydown = event => { if (event.key === 'Enter') this.first(event) }
    find('#picker-close').onclick = () => this.dialog.close()
    find('#add-filter').onclick = () => this.open()
  }

  open() {
    this.search.value = ''
    this.narrow()
    this.dialog.showModal()
    this.search.focus()
  }

  group({ title, filters }) {
    const items = filters.map(filter => ({ filter, root: h('li', {}, this.entry(filter)) }))
    const root = h('section', {}, h('h3', {}, title), h('ul', {}, items.map(item => item.root)))
    return { title, items, root }
  }

  entry(filter) {
    return h('button', { type: 'button', class: 'entry', onclick: () => this.take(filter) },
      h('strong', {}, filter.name), h('span', {}, `${filter.summary}.`))
  }

  /** The example of the catalogue says with which values a filter shows what it does. */
  take(filter) {
    const [step] = parse(filter.example, this.catalogue.byName)
    const { looks, presets } = this.catalogue
    if (filter.name === 'preset') step.args.name = presets[0].name
    if (filter.name === 'look') step.args.name ??= looks[0].name
    this.dialog.close()
    this.reveal(chain.add(step))
  }

  first(event) {
    event.preventDefault()
    const word = this.search.value.trim().toLowerCase()
    const hits = this.rows.flatMap(({ items }) => items).filter(({ root }) => !root.hidden).map(item => item.filter)
    // Whoever writes a name means it, and not the first that speaks of it.
    const best = hits.find(({ name }) => name === word) ?? hits.find(({ name }) => name.startsWith(word)) ?? hits[0]
    if (best) this.take(best)
  }

  narrow() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    let hits = 0
    for (const { title, items, root } of this.rows) {
      for (const { filter, root: row } of items) {
        const text = `${filter.name} ${filter.summary} ${title}`.toLowerCase()
        row.hidden = !words.every(word => text.includes(word))
        hits += row.hidden ? 0 : 1
      }
      root.hidden = items.every(item => item.root.hidden)
    }
    find('#picker-count').textContent = hits ? `${hits} ${hits === 1 ? 'filter' : 'filters'}` : 'No filter is called that. Try another word.'
  }
}
