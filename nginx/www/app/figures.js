// Numbers and times as people write them.

const LANGUAGE = 'en-GB'

export const count = number => Number(number).toLocaleString(LANGUAGE, { maximumFractionDigits: 1 })

export function bytes(number) {
  const units = ['bytes', 'kB', 'MB', 'GB']
  let unit = 0
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000
    unit += 1
  }
  return `${number.toLocaleString(LANGUAGE, { maximumFractionDigits: number < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`
}

export const day = time => new Date(time).toLocaleDateString(LANGUAGE, { day: 'numeric', month: 'long', year: 'numeric' })

export const moment = time => new Date(time).toLocaleString(LANGUAGE,
  { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false })

/** How long until then: “in 3 months”. */
export function until(time) {
  const minutes = (new Date(time) - Date.now()) / 60000
  const steps = [[60 * 24 * 60, 60 * 24 * 30.4, 'month'], [60 * 24 * 2, 60 * 24, 'day'], [90, 60, 'hour'], [-Infinity, 1, 'minute']]
  const [, size, unit] = steps.find(([from]) => minutes >= from)
  return new Intl.RelativeTimeFormat(LANGUAGE).format(Math.max(0, Math.round(minutes / size)), unit)
}
