// The large picture: as it was and as it becomes, with a slider between them.

import { find } from './dom.js'

// Pictures whose sides differ by less than this have the same shape: whole pixels are rounded.
const SAME_SHAPE = 0.02

export class Stage {
  constructor() {
    this.root = find('#stage')
    this.frame = find('#frame')
    this.before = find('#before')
    this.after = find('#after')
    this.divider = find('#divider')
    this.url = null
    this.source = null
    // What is shown after something else was asked for is not shown any more.
    this.turn = 0
    this.divider.oninput = () => this.divide()
    this.holding(find('#hold'))
    this.drawing()
  }

  /** The slider follows the pointer wherever it is pressed on the picture; by keys it is a slider as any other. */
  drawing() {
    const follow = event => {
      const { left, width } = this.frame.getBoundingClientRect()
      this.divider.value = (event.clientX - left) / width * 100
      this.divide()
    }
    this.frame.onpointerdown = event => {
      if (this.divider.hidden || event.button !== 0) return
      this.frame.setPointerCapture(event.pointerId)
      follow(event)
      this.frame.onpointermove = follow
    }
    this.frame.onpointerup = this.frame.onpointercancel = () => { this.frame.onpointermove = null }
  }

  /** A button that shows the original while it is pressed, by pointer or by key. */
  holding(hold) {
    const show = held => {
      this.frame.classList.toggle('held', held)
      hold.setAttribute('aria-pressed', String(held))
    }
    hold.onpointerdown = () => show(true)
    hold.onpointerup = hold.onpointerleave = hold.onpointercancel = hold.onblur = () => show(false)
    hold.onkeydown = event => { if (event.key === ' ' || event.key === 'Enter') show(true) }
    hold.onkeyup = () => show(false)
  }

  divide() {
    this.frame.style.setProperty('--cut', `${this.divider.value}%`)
    this.divider.setAttribute('aria-valuetext', `${100 - this.divider.value} % filtered`)
  }

  /** Another picture: until it has been filtered it is shown as it is. */
  open(picture) {
    this.source = picture
    this.turn += 1
    this.forget()
    this.after.removeAttribute('src')
    this.after.hidden = true
    if (!picture?.url) {
      this.before.removeAttribute('src')
      this.frame.classList.add('empty')
      return
    }
    this.frame.classList.remove('empty')
    this.before.src = picture.url
    this.before.alt = `${picture.name}, as it was`
    this.shape(picture.width / picture.height, true)
    this.divider.value = 0
    this.divide()
  }

  forget() {
    if (this.url) URL.revokeObjectURL(this.url)
    this.url = null
  }

  shape(ratio, comparable) {
    this.frame.style.setProperty('--ratio', ratio)
    this.frame.classList.toggle('comparable', comparable)
    this.divider.hidden = !comparable || this.after.hidden
  }

  /** Shows what a chain has made of the picture; it is swapped in when it can be painted, so that nothing flickers. */
  async show(url, words) {
    const { source } = this
    const turn = this.turn += 1
    const next = new Image()
    next.src = url
    const readable = await next.decode().then(() => true, () => false)
    if (!readable || turn !== this.turn) {
      URL.revokeObjectURL(url)
      return
    }
    this.forget()
    this.url = url
    this.after.src = url
    this.after.hidden = false
    this.after.alt = `${source.name}, ${words}`
    const ratio = next.naturalWidth / next.naturalHeight
    this.shape(ratio, Math.abs(ratio * source.height / source.width - 1) < SAME_SHAPE)
  }

  /** Without filters the picture is what it was. */
  plain() {
    if (this.source?.url) this.open(this.source)
  }

  busy(is) {
    this.root.setAttribute('aria-busy', String(is))
  }
}
