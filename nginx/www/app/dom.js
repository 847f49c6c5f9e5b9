// Making elements. Text is always set as text, never as markup: names of files and words of the server are strangers'.

const SVG = 'http://www.w3.org/2000/svg'

/** An element with properties, attributes (in `attributes` or with a dash in their name), listeners (`onclick`) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue
    if (name === 'class') element.className = value
    else if (name === 'role' || name === 'for' || name === 'list' || name.includes('-')) element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return element
}

/** One of the drawings in index.html. It says nothing: its button has the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `#i-${name}`)
  svg.append(use)
  return svg
}

/** A button with a drawing and words; `quiet` shows the drawing alone and says the words to screen readers. */
export function button(drawing, words, onclick, { quiet = false, kind = '', ...more } = {}) {
  const label = quiet ? { 'aria-label': words, title: words } : {}
  return h('button', { type: 'button', class: `button ${quiet ? 'quiet' : ''} ${kind}`.trim(), onclick, ...label, ...more },
    drawing && icon(drawing), quiet ? null : h('span', {}, words))
}

export const find = (selector, within = document) => within.querySelector(selector)

let numbers = 0
/** An id that no other element has. */
export const freshId = what => `${what}-${++numbers}`

/** Runs `work` once the calls have stopped for `ms`. */
export function settled(ms, work) {
  let timer
  return (...given) => {
    clearTimeout(timer)
    timer = setTimeout(work, ms, ...given)
  }
}

export const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches
