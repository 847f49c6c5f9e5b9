// What the parts of the page share.

import { makeChain } from './chain.js'
import { signal } from './signal.js'

/** The pictures that were chosen, and the one that is shown. */
export const pictures = signal([])
export const active = signal(null)

/** The filters for all of them. */
export const chain = makeChain()

/** The text of the chain, as the person has written it or as the sliders have: `{ text, places }`. */
export const written = signal({ text: '', places: [] })

/** What the service has said against the chain: a Refusal and where, `{ refusal, step, parameter, offset, length }` in
 * a filter, and `inText` as `{ offset, length }` in the text. */
export const fault = signal(null)

export function addPictures(more) {
  pictures.value = [...pictures.value, ...more]
  active.value = more[0] ?? active.value
}

export function removePicture(picture) {
  if (picture.url) URL.revokeObjectURL(picture.url)
  pictures.value = pictures.value.filter(each => each !== picture)
  if (active.value === picture) active.value = pictures.value[0] ?? null
}
