// Where the page begins: its parts, and what goes from one to another.

import { catalogue } from './catalogue.js'
import { startChoosing } from './choose.js'
import { calm, find } from './dom.js'
import { startKey } from './key.js'
import { notice } from './notice.js'
import { order, takeUp } from './order.js'
import { output, startOutput } from './output.js'
import { Picker } from './picker.js'
import { startQr } from './qr.js'
import { words } from './problem.js'
import { alarm, say } from './say.js'
import { chain, fault, pictures, written } from './state.js'
import { Steps } from './steps.js'
import { Studio } from './studio.js'
import { revealTask, TaskList } from './tasklist.js'
import { startTelling, tellFields } from './tell.js'
import { TextView } from './textview.js'

function undoing() {
  const [undo, redo] = [find('#undo'), find('#redo')]
  const step = (way, words) => {
    chain[way]()
    say(words)
  }
  undo.onclick = () => step('undo', 'Undone.')
  redo.onclick = () => step('redo', 'Done again.')
  chain.doable.on(can => {
    // A disabled button that has the focus would lose it.
    undo.setAttribute('aria-disabled', String(!can.undo))
    redo.setAttribute('aria-disabled', String(!can.redo))
  })
  addEventListener('keydown', event => {
    const writes = event.target.matches?.('textarea, input:not([type=range]):not([type=checkbox])')
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || writes) return
    event.preventDefault()
    if (event.shiftKey) redo.click()
    else undo.click()
  })
}

/** Shows what is wrong with the chain, instead of sending it. */
function mistake() {
  const field = find('#steps [aria-invalid=true], #text-place [aria-invalid=true]')
  field?.closest('details')?.setAttribute('open', '')
  field?.focus()
  alarm(`The filters have a mistake. ${words(fault.value.refusal).help}`)
}

function making() {
  const make = find('#make')
  make.onclick = () => {
    if (fault.value) return mistake()
    const fields = { ...output.value, ...tellFields() }
    const keys = pictures.value.map(picture => order(picture, written.value.text.trim(), fields)).filter(Boolean)
    if (!keys.length) return
    say(keys.length === 1 ? 'The picture is being sent.' : `${keys.length} pictures are being sent.`)
    revealTask(keys.at(-1), !calm())
  }
  pictures.on(all => { find('span', make).textContent = all.length > 1 ? `Make ${all.length} pictures` : 'Make the picture' })
}

/** What needs the catalogue comes as soon as it is there. */
async function workshop() {
  try {
    const all = await catalogue()
    notice(null)
    const steps = new Steps(all)
    new Picker(all, key => steps.reveal(key))
    new TextView(all)
    new Studio(all)
  } catch (refusal) {
    notice(refusal, workshop)
  }
}

startKey()
startQr()
startOutput()
startTelling()
startChoosing()
undoing()
making()
new TaskList()
takeUp()
workshop()
