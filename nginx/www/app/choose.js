// How pictures come in: chosen, dropped, pasted, taken with the camera.

import { find, h } from './dom.js'
import { picture } from './picture.js'
import { say, toast } from './say.js'
import { active, addPictures, pictures, removePicture } from './state.js'

const NAMES = /\.(jpe?g|png|gif|webp|tiff?|bmp)$/i

async function take(list) {
  const files = [...list].filter(file => file.type.startsWith('image/') || NAMES.test(file.name)).filter(file => {
    if (!file.size) toast(`${file.name || 'The file'} is empty.`)
    return file.size
  })
  if (!files.length) {
    if ([...list].some(file => file.size)) toast('That is not a picture.')
    return
  }
  say(files.length === 1 ? `${files[0].name || 'The picture'} is opened.` : `${files.length} pictures are opened.`)
  // The first is shown as soon as it is read; the others come behind it.
  for (const file of files) {
    const made = await picture(file)
    if (file === files[0]) addPictures([made])
    else pictures.value = [...pictures.value, made]
  }
  find('#stage').scrollIntoView({ block: 'nearest' })
}

function fields() {
  for (const [opener, field] of [['#choose', '#file'], ['#camera', '#camera-file'], ['#more-files', '#file']]) {
    find(opener).onclick = () => find(field).click()
  }
  find('#sample').onclick = async () => take([await (await import('./sample.js')).sample()])
  for (const field of [find('#file'), find('#camera-file')]) {
    field.onchange = () => {
      take(field.files)
      // The same file may be chosen again.
      field.value = ''
    }
  }
  // A camera that stands on a desk is asked for by no file field.
  find('#camera').hidden = !matchMedia('(pointer: coarse)').matches
}

function dropping() {
  const carriesFiles = event => event.dataTransfer?.types.includes('Files')
  let within = 0
  const show = change => {
    within = Math.max(0, within + change)
    document.body.classList.toggle('dropping', within > 0)
  }
  addEventListener('dragenter', event => { if (carriesFiles(event)) show(1) })
  addEventListener('dragleave', event => { if (carriesFiles(event)) show(-1) })
  addEventListener('dragover', event => { if (carriesFiles(event)) event.preventDefault() })
  addEventListener('drop', event => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    show(-within)
    take(event.dataTransfer.files)
  })
}

function pasting() {
  addEventListener('paste', event => {
    const files = event.clipboardData?.files ?? []
    if (!files.length) return
    event.preventDefault()
    take(files)
  })
}

/** The row of pictures that were chosen. */
function row() {
  const list = find('#chosen')
  const draw = () => {
    const all = pictures.value
    document.body.classList.toggle('working', all.length > 0)
    list.hidden = all.length < 2
    list.replaceChildren(...all.map(each => chip(each)))
  }
  pictures.on(draw)
  active.on(draw)
  find('#close-picture').onclick = () => {
    removePicture(active.value)
    say('The picture is closed.')
    if (!active.value) find('#choose').focus()
  }
}

function chip(each) {
  const image = each.url ? h('img', { src: each.thumb ?? each.url, alt: '' }) : h('span', { class: 'blank' })
  return h('li', {}, h('button', { type: 'button', class: 'chip', 'aria-pressed': String(each === active.value), title: each.name,
    'aria-label': `Show ${each.name}`, onclick: () => { active.value = each } }, image))
}

export function startChoosing() {
  fields()
  dropping()
  pasting()
  row()
}
