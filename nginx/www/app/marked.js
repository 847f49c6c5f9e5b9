// A field for text in which a mistake is marked where it stands. The marks lie behind the field, on the same letters.

import { freshId, h } from './dom.js'

export class MarkedField {
  /** `label` names it for screen readers; `hear` gets the text when the person changes it. */
  constructor({ label, hear, rows = 2, id = freshId('text') }) {
    this.marks = h('div', { class: 'marks', 'aria-hidden': 'true' })
    this.message = h('p', { class: 'mistake', id: `${id}-mistake`, 'aria-live': 'polite' })
    this.field = h('textarea', { id, rows, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', 'aria-label': label,
      'aria-describedby': `${id}-mistake`, oninput: () => { this.clear(); this.grow(); hear(this.field.value) } })
    this.field.onscroll = () => { this.marks.scrollTop = this.field.scrollTop }
    this.root = h('div', { class: 'marked' }, h('div', { class: 'layers' }, this.marks, this.field), this.message)
  }

  get value() {
    return this.field.value
  }

  set value(text) {
    if (text === this.field.value) return
    this.field.value = text
    this.grow()
  }

  /** As high as its text: nothing of a chain is hidden. */
  grow() {
    this.field.style.height = 'auto'
    if (this.field.scrollHeight) this.field.style.height = `${this.field.scrollHeight + 2}px`
  }

  clear() {
    this.marks.replaceChildren()
    this.message.replaceChildren()
    this.field.removeAttribute('aria-invalid')
  }

  /** Marks `length` code points from `offset` on; `suggestion` is offered as `{ words, take }`. */
  mark({ offset, length }, words, suggestion) {
    const points = [...this.field.value]
    const end = offset + Math.max(1, length)
    // A mistake at the end, where nothing stands, still needs something to be seen by.
    const wrong = points.slice(offset, end).join('') || ' '
    this.marks.replaceChildren(points.slice(0, offset).join(''), h('mark', {}, wrong), points.slice(end).join(''))
    this.marks.scrollTop = this.field.scrollTop
    this.field.setAttribute('aria-invalid', 'true')
    this.say(words, suggestion)
  }

  say(words, suggestion) {
    const act = suggestion && h('button', { type: 'button', class: 'link', onclick: suggestion.take }, suggestion.words)
    this.message.replaceChildren(words, ...(act ? [' ', act] : []))
  }
}
