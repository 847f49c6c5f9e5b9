// A chain for the small copy that does there what the chain does to the whole picture: lengths in pixels become shorter with it.

// Lengths that the catalogue gives no unit, because another argument says whether they are pixels.
const BY_UNIT = { redact: ['x', 'y', 'width', 'height'], round: ['radius'] }
// These make a picture of a size of their own, of which the preview shows a smaller one.
const SIZED = new Set(['resize', 'smartcrop'])
// Seeds and sizes in the letters' own measure are none of these.
const IS_LENGTH = new Set(['number', 'integer', 'numbers'])

const short = number => String(Number(number.toPrecision(6)))

function scaledValue(parameter, text, factor) {
  const one = part => {
    const number = Number(part)
    if (part.trim() === '' || Number.isNaN(number)) return part
    const scaled = Math.min(parameter.max ?? Infinity, Math.max(parameter.min ?? -Infinity, number * factor))
    return parameter.type === 'integer' ? String(Math.round(scaled)) : short(scaled)
  }
  return parameter.type === 'numbers' ? text.split(/([:\s]+)/).map(one).join('') : one(text)
}

function isLength(filter, parameter, args) {
  if (!IS_LENGTH.has(parameter.type)) return false
  if (parameter.unit === 'px') return true
  return (BY_UNIT[filter.name] ?? []).includes(parameter.name) && (args.unit ?? 'px') === 'px'
}

/** What a step that sets a size itself is multiplied by: its result fits into `side`. */
function ownFactor(args, side) {
  const longest = Math.max(Number(args.width) || 0, Number(args.height) || 0)
  return longest ? Math.min(1, side / longest) : null
}

/**
 * The steps for a copy that is `factor` as large as the picture, with results of about `side` pixels. Values that stand in no
 * argument are defaults, which are scaled too.
 */
export function scaled(steps, byName, factor, side) {
  return steps.map(step => {
    const filter = byName.get(step.name)
    if (!filter) return step
    if (SIZED.has(step.name)) factor = ownFactor(step.args, side) ?? factor
    if (factor === 1) return step
    const args = { ...step.args }
    for (const parameter of filter.parameters) {
      const text = args[parameter.name] ?? (typeof parameter.default === 'number' ? String(parameter.default) : undefined)
      if (text && isLength(filter, parameter, step.args)) args[parameter.name] = scaledValue(parameter, text, factor)
    }
    return { ...step, args }
  })
}
