// A picture that was chosen: its file, and a small copy that is quick to send and to filter.

import { unique } from './api.js'

// The longest side of the copy. A larger one takes longer to filter than a slider may, a smaller one is blurred on a desk.
export const COPY_SIDE = 800
const THUMB_SIDE = 240

/** `{ key, name, file, size, url, width, height, copy, thumb }`; without `copy` where the browser cannot read the file (TIFF). */
export async function picture(file) {
  const made = { key: unique(), name: file.name || 'picture', file, size: file.size, url: null, width: 0, height: 0, copy: null, thumb: null, image: null }
  let bitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return made
  }
  made.width = bitmap.width
  made.height = bitmap.height
  const canvas = drawn(bitmap, COPY_SIDE)
  bitmap.close()
  const opaque = !/png|gif|webp|avif/.test(file.type) || isOpaque(canvas)
  made.copy = await blob(canvas, opaque ? 'image/jpeg' : 'image/png', 0.9)
  made.url = URL.createObjectURL(made.copy)
  made.thumb = thumbnail(canvas)
  return made
}

/** What is shown beside its name in the list of tasks, small enough to be kept there. */
export function thumbnail(source) {
  const canvas = drawn(source, THUMB_SIDE)
  const url = canvas.toDataURL('image/webp', 0.7)
  return url.startsWith('data:image/webp') ? url : canvas.toDataURL('image/jpeg', 0.7)
}

/** The thumbnail of any picture that the page has. */
export async function thumbnailOf(data) {
  const bitmap = await createImageBitmap(data)
  const url = thumbnail(bitmap)
  bitmap.close()
  return url
}

function drawn(source, side) {
  const factor = Math.min(1, side / Math.max(source.width, source.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(source.width * factor))
  canvas.height = Math.max(1, Math.round(source.height * factor))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.imageSmoothingQuality = 'high'
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  return canvas
}

function isOpaque(canvas) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  for (let at = 3; at < data.length; at += 4) if (data[at] < 255) return false
  return true
}

const blob = (canvas, type, quality) => new Promise(done => canvas.toBlob(done, type, quality))
