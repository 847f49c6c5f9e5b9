// Chains as text, both ways. The server's grammar is the one that counts (worker/filters/src/chain); this one knows as much of
// it as sliders need. Places are counted in code points, as the server counts them: [...text], not text.

export class Mistake extends Error {
  constructor(message, offset, length) {
    super(message)
    this.offset = offset
    this.length = length
  }
}

const NAME = /[\p{L}\p{N}_-]/u
const BLANK = /\s/u

class Reader {
  constructor(text, byName) {
    this.text = [...text]
    this.byName = byName
    this.at = 0
  }

  get next() {
    return this.text[this.at]
  }

  blanks() {
    while (this.next !== undefined && BLANK.test(this.next)) this.at += 1
  }

  mistake(message, length = this.next === undefined ? 0 : 1, offset = this.at) {
    return new Mistake(message, offset, length)
  }

  from(start) {
    return this.text.slice(start, this.at).join('').trimEnd()
  }

  steps() {
    const steps = []
    this.blanks()
    while (this.next !== undefined) {
      steps.push(this.step())
      this.blanks()
      if (this.next === undefined) break
      if (this.next !== '|') throw this.mistake('Expected | before the next filter')
      this.at += 1
      this.blanks()
      if (this.next === undefined) throw this.mistake('Expected the name of a filter')
    }
    return steps
  }

  step() {
    const start = this.at
    while (this.next !== undefined && NAME.test(this.next)) this.at += 1
    const name = this.from(start)
    if (!name) throw this.mistake('Expected the name of a filter')
    const filter = this.byName.get(name)
    if (!filter) throw this.mistake(`There is no filter “${name}”`, this.at - start, start)
    this.blanks()
    this.places = {}
    const args = this.next === '(' ? this.arguments(filter) : {}
    return { name, args, place: { start, end: this.at, args: this.places } }
  }

  arguments(filter) {
    const open = this.at
    this.at += 1
    if (filter.parameters.length === 1 && filter.parameters[0].type === 'equations') return this.equations(filter, open)
    const args = {}
    this.blanks()
    for (let position = 0; this.next !== ')'; position += 1) {
      if (this.next === undefined) throw this.mistake('This parenthesis is never closed', 1, open)
      this.argument(filter, args, position)
      if (this.next === ',') this.at += 1
      else if (this.next !== ')' && this.next !== undefined) throw this.mistake('Expected a comma or )')
    }
    this.at += 1
    return args
  }

  argument(filter, args, position) {
    this.blanks()
    const start = this.at
    let name = filter.parameters[position]?.name
    let value = this.value()
    if (this.next === '=') {
      name = value
      this.at += 1
      value = this.value()
      if (!filter.parameters.some(parameter => parameter.name === name)) {
        throw this.mistake(`${filter.name} has nothing called “${name}”`, this.at - start, start)
      }
    }
    if (name === undefined) throw this.mistake(`${filter.name} takes no more values`, this.at - start, start)
    this.places[name] = { start: this.begun, end: this.begun + [...value].length }
    args[name] = unquoted(value)
  }

  equations(filter, open) {
    this.blanks()
    const start = this.at
    for (let depth = 1; this.next !== undefined; this.at += 1) {
      if (this.next === '(') depth += 1
      if (this.next === ')') depth -= 1
      if (depth === 0) {
        const text = this.from(start)
        this.places[filter.parameters[0].name] = { start, end: start + [...text].length }
        this.at += 1
        return { [filter.parameters[0].name]: text }
      }
    }
    throw this.mistake('This parenthesis is never closed', 1, open)
  }

  value() {
    this.blanks()
    const start = this.begun = this.at
    if (this.next === '"') return this.quoted(start)
    while (this.next !== undefined && !',)(=|'.includes(this.next)) this.at += 1
    const text = this.from(start)
    if (!text) throw this.mistake('Expected a value')
    return text
  }

  quoted(start) {
    this.at += 1
    for (let escaped = false; this.next !== undefined;) {
      const next = this.next
      this.at += 1
      if (next === '"' && !escaped) {
        const text = this.from(start)
        this.blanks()
        return text
      }
      escaped = next === '\\' && !escaped
    }
    throw this.mistake('This quotation mark is never closed', 1, start)
  }
}

const unquoted = text => text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gsu, '$1') : text

/**
 * The steps `{ name, args, place }` of a chain, where `args` are texts by the names of parameters, and `place` is as `write`
 * gives it. Throws a Mistake.
 */
export const parse = (text, byName) => new Reader(text, byName).steps()

const quotedIfNeeded = text => /^[^\s",)(=|\\][^",)(=|\\]*$/u.test(text) ? text.trim() : `"${text.replace(/[\\"]/g, '\\$&')}"`

/** Whether an argument says nothing: it is empty, or what holds anyhow. */
function idle(parameter, value) {
  if (value === undefined || value === '') return true
  if (parameter.required || parameter.default === null) return false
  const number = Number(value)
  return Number.isNaN(number) ? value === String(parameter.default) : number === parameter.default
}

/**
 * The text of steps, and where each of them and of their arguments stands: `{ text, places }`, where a place is
 * `{ start, end, args: { name: { start, end } } }` in code points.
 */
export function write(steps, byName) {
  let text = ''
  let length = 0
  const add = piece => {
    text += piece
    const start = length
    length += [...piece].length
    return { start, end: length }
  }
  const places = steps.map((step, index) => {
    if (index) add('|')
    const start = length
    const args = writeStep(step, byName.get(step.name), add)
    return { start, end: length, args }
  })
  return { text, places }
}

function writeStep({ name, args }, filter, add) {
  add(name)
  const places = {}
  let together = true
  let opened = false
  ;(filter?.parameters ?? []).forEach((parameter, index) => {
    const value = args[parameter.name]
    if (idle(parameter, value)) {
      together = false
      return
    }
    add(opened ? ', ' : '(')
    // What everybody writes has no name; nor could it have one in an equation.
    const unnamed = together && (parameter.required || index === 0) || parameter.type === 'equations'
    if (!unnamed) {
      add(`${parameter.name}=`)
      together = false
    }
    places[parameter.name] = add(parameter.type === 'equations' ? value : quotedIfNeeded(value))
    opened = true
  })
  if (opened) add(')')
  return places
}

/** The step, the parameter and the code points of a place that the server names; step -1 where it is in none of them. */
export function locate(places, offset) {
  let step = places.findIndex(({ start, end }) => offset >= start && offset < end)
  // An end that is missed stands behind the last one.
  if (step < 0) step = places.length - 1
  const within = Object.entries(places[step]?.args ?? {}).find(([, { start, end }]) => offset >= start && offset <= end)
  return within ? { step, parameter: within[0], offset: offset - within[1].start } : { step, parameter: null, offset: 0 }
}

/** `text` from one code point on, so many of them, with another piece in their place. */
export function spliced(text, offset, length, piece) {
  const points = [...text]
  points.splice(offset, length, piece)
  return points.join('')
}
