// The chain as text, which may be written as well as read, and the line of curl that does the same.

import { Mistake, parse, spliced, write } from './chain-text.js'
import { copyText } from './clipboard.js'
import { find } from './dom.js'
import { BASE } from './api.js'
import { currentKey, onKey } from './key.js'
import { MarkedField } from './marked.js'
import { sentence, words } from './problem.js'
import { active, chain, fault, written } from './state.js'
import { output } from './output.js'

export class TextView {
  constructor(catalogue) {
    this.byName = catalogue.byName
    this.field = new MarkedField({ label: 'The filters as text', hear: text => this.typed(text), id: 'chain-text' })
    this.typing = false
    find('#text-place').replaceChildren(this.field.root)
    find('#copy-chain').onclick = () => copyText(written.value.text, 'The filters are copied.')
    find('#copy-curl').onclick = () => copyText(this.curl(), 'The line is copied.')
    find('#text-details').addEventListener('toggle', () => this.field.grow())
    chain.steps.on(steps => { if (!this.typing) this.showSteps(steps) })
    fault.on(found => this.blame(found))
    for (const each of [written, active, output]) each.on(() => this.showCurl())
    onKey(() => this.showCurl())
  }

  showSteps(steps) {
    const { text, places } = write(steps, this.byName)
    this.field.value = text
    this.field.clear()
    written.value = { text, places, steps }
  }

  /** What is written becomes steps if it can; if not the service is asked, which says more. */
  typed(text) {
    this.typing = true
    try {
      const steps = parse(text, this.byName)
      chain.replace(steps, 'text')
      written.value = { text, places: steps.map(step => step.place), steps: chain.steps.value }
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake
      if (!active.value) this.field.mark(mistake, sentence(mistake.message))
      written.value = { text, places: null, steps: null }
    } finally {
      this.typing = false
    }
  }

  blame(found) {
    this.field.clear()
    if (!found) return
    const { refusal, inText } = found
    const { help } = words(refusal)
    const { suggestion } = refusal
    const take = () => {
      this.field.value = spliced(this.field.value, inText.offset, inText.length, suggestion)
      this.typed(this.field.value)
    }
    this.field.mark(inText, help, suggestion && { words: `Take “${suggestion}”`, take })
  }

  curl() {
    const { text } = written.value
    const name = active.value?.name ?? 'photo.jpg'
    const options = Object.entries(output.value).map(([field, value]) => `-F ${quoted(`${field}=${value}`)}`)
    return ['curl', currentKey() && '-H "Authorization: Bearer $KEY"', `-F ${quoted(`image=@${fileName(name)}`)}`,
      // curl would cut a value of -F at a semicolon.
      text.trim() && `--form-string ${quoted(`filters=${text}`)}`, ...options, new URL('images', BASE).href].filter(Boolean).join(' ')
  }

  showCurl() {
    find('#curl').textContent = this.curl()
  }
}

// To curl a semicolon or a comma ends the name of a file that has no quotation marks.
const fileName = name => /[;,"]/.test(name) ? `"${name.replace(/[\\"]/g, '\\$&')}"` : name

const quoted = text => /^[\w=@./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
