// What the service can do, as GET /filters says: filters with their parameters, looks, presets.

import { ask } from './api.js'

// Filters have no groups of their own; these are for finding them. A filter that is new here is under the last.
const GROUPS = [
  ['Light', 'brightness contrast exposure gamma levels curves highlights shadows normalize autolevels equalize clahe'],
  ['Colour', 'saturation vibrance hue temperature tint gain mixer matrix linear replace lut colorize colorblind'],
  ['Tone', 'grayscale sepia invert threshold posterize solarize duotone tritone dither'],
  ['Ready-made', 'look preset photon'],
  ['Blur and sharpen', 'blur sharpen unsharp boxblur motionblur zoomblur spinblur tiltshift progressiveblur median bilateral denoise'],
  ['Effects', 'vignette gradient noise grain glow aberration pixelate oil halftone sketch cartoon edge emboss dilate erode convolve'],
  ['Size and shape', 'resize crop smartcrop trim pad rotate flip shear perspective round mask border shadow'],
  ['On top', 'text watermark blend redact opacity'],
  ['Your own', 'equation'],
]

let asked

/** The catalogue, asked for once. */
export function catalogue() {
  asked ??= ask('filters').then(arranged, refusal => {
    asked = undefined
    throw refusal
  })
  return asked
}

function arranged({ filters, looks, presets, presets_only: presetsOnly }) {
  const byName = new Map(filters.map(filter => [filter.name, filter]))
  const usable = name => byName.has(name) && (name !== 'preset' || presets.length > 0) && (!presetsOnly || name === 'preset')
  const grouped = GROUPS.map(([title, names]) => ({ title, filters: names.split(' ').filter(usable).map(name => byName.get(name)) }))
  const placed = new Set(grouped.flatMap(group => group.filters))
  const others = filters.filter(filter => usable(filter.name) && !placed.has(filter))
  if (others.length) grouped.push({ title: 'More', filters: others })
  return { filters, looks, presets, presetsOnly, byName, groups: grouped.filter(group => group.filters.length) }
}

/** The words among which a text must be one, if it is such a text: names of looks and of presets. */
export function wordsOf({ looks, presets }, filter, parameter) {
  if (parameter.name !== 'name') return null
  if (filter.name === 'look') return looks.map(({ name, title }) => ({ value: name, title }))
  if (filter.name === 'preset') return presets.map(({ name, title }) => ({ value: name, title }))
  return null
}
