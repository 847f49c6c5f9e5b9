// The strip of looks, each on the person's own picture. Looks are one of a group, as radio buttons are: one stop for the tab
// key, arrows within.

import { Refusal } from './api.js'
import { find, h } from './dom.js'
import { ended, sightOf } from './preview.js'
import { chain } from './state.js'

// As many as the service takes in one order.
const AT_ONCE = 16
const THUMB = 'resize(width=176, height=132, mode=cover)'

export class Looks {
  constructor(catalogue) {
    this.strip = find('#looks')
    const { looks, presets, presetsOnly } = catalogue
    this.kind = presetsOnly ? 'preset' : 'look'
    this.entries = [{ name: null, title: 'As it is' }, ...(presetsOnly ? presets : looks)].map(entry => this.entry(entry))
    this.strip.replaceChildren(...this.entries.map(entry => entry.button))
    this.strip.onkeydown = event => this.key(event)
    this.watcher = new IntersectionObserver(seen => this.seen(seen), { root: this.strip, rootMargin: '0px 200px' })
    chain.steps.on(steps => this.mark(steps))
  }

  entry({ name, title }) {
    const image = h('img', { alt: '', width: 88, height: 66, decoding: 'async' })
    const choose = () => this.choose(name)
    const button = h('button', { type: 'button', class: 'look', role: 'radio', tabIndex: -1, onclick: choose }, image, h('span', {}, title))
    return { name, title, image, button, url: null }
  }

  /** The look takes the place of the one before, so that looks can be tried one after the other. */
  choose(name) {
    const steps = chain.steps.value
    const at = steps.findIndex(step => step.name === this.kind)
    const others = steps.filter((_, index) => index !== at)
    if (name) others.splice(at < 0 ? 0 : at, 0, { name: this.kind, args: { ...(steps[at]?.args ?? {}), name } })
    chain.replace(others, 'look')
  }

  mark(steps) {
    const chosen = steps.find(step => step.name === this.kind)?.args.name ?? null
    for (const { name, button } of this.entries) {
      button.setAttribute('aria-checked', String(name === chosen))
      button.tabIndex = name === chosen ? 0 : -1
    }
    if (!this.entries.some(({ name }) => name === chosen)) this.entries[0].button.tabIndex = 0
  }

  key(event) {
    const at = this.entries.findIndex(({ button }) => button === document.activeElement)
    const last = this.entries.length - 1
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key]
    if (at < 0 || to === undefined) return
    event.preventDefault()
    const entry = this.entries[(to + last + 1) % (last + 1)]
    entry.button.focus()
    this.choose(entry.name)
  }

  /** The chains of the first thumbnails, to be ordered together with the copy itself. */
  begin(picture) {
    this.copy = null
    this.watcher.disconnect()
    for (const entry of this.entries) this.show(entry, null, picture.url)
    this.waiting = new Set(this.entries.slice(1))
    this.first = this.take(this.entries[1])
    return this.first.map(entry => this.chainOf(entry))
  }

  chainOf({ name }) {
    return `${THUMB}|${this.kind}(${name})`
  }

  /** The next that wait, from one on. */
  take(from) {
    const at = this.entries.indexOf(from)
    const taken = this.entries.slice(at).filter(entry => this.waiting.has(entry)).slice(0, AT_ONCE)
    for (const entry of taken) {
      this.waiting.delete(entry)
      this.watcher.unobserve(entry.button)
    }
    return taken
  }

  show(entry, url, otherwise) {
    if (entry.url) URL.revokeObjectURL(entry.url)
    entry.url = url
    if (url ?? otherwise) entry.image.src = url ?? otherwise
    else entry.image.removeAttribute('src')
    entry.button.classList.toggle('pending', !url && entry.name !== null)
  }

  /** Thumbnails out of the task that was ordered with `begin`; the others follow when they are looked for. */
  async fill(copy, task) {
    this.copy = copy
    for (const { button } of this.waiting) this.watcher.observe(button)
    await this.fetch(copy, task, this.first)
  }

  async seen(changes) {
    const { copy } = this
    const first = this.entries.find(entry => this.waiting.has(entry) && changes.some(each => each.isIntersecting && each.target === entry.button))
    if (!first || !copy) return
    const taken = this.take(first)
    try {
      await this.fetch(copy, await copy.order(taken.map(entry => this.chainOf(entry))), taken)
    } catch (refusal) {
      // They stay as they are: a look can be chosen without its small picture.
      if (!(refusal instanceof Refusal)) throw refusal
    }
  }

  async fetch(copy, ordered, taken) {
    const task = await ended(ordered.id)
    await Promise.all(task.results.map(async (result, index) => {
      const url = await sightOf(result).catch(() => null)
      if (copy.left) URL.revokeObjectURL(url)
      else if (url) this.show(taken[index], url)
    }))
    copy.done(task)
  }
}
