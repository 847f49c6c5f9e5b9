// A link as a QR code, to take a result to a telephone.

import { find } from './dom.js'

const SVG = 'http://www.w3.org/2000/svg'
// The quiet zone that readers need, in modules.
const MARGIN = 4

export async function showQr(url, name) {
  const { encode } = await import('../lib/qr.js')
  const { data, size } = encode(url, { border: 0 })
  const path = data.flatMap((row, y) => row.map((dark, x) => dark ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : '')).join('')
  const svg = document.createElementNS(SVG, 'svg')
  const side = size + 2 * MARGIN
  svg.setAttribute('viewBox', `0 0 ${side} ${side}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', `QR code of the link to ${name}`)
  const drawn = document.createElementNS(SVG, 'path')
  drawn.setAttribute('d', path)
  svg.append(drawn)
  find('#qr-place').replaceChildren(svg)
  find('#qr-url').textContent = url
  find('#qr-url').href = url
  find('#qr-dialog').showModal()
}

export function startQr() {
  find('#qr-close').onclick = () => find('#qr-dialog').close()
}
