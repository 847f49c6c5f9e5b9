// The picture that is worked on: its copy at the service, the preview of the chain on it, and the looks.

import { Refusal } from './api.js'
import { settled } from './dom.js'
import { onKey } from './key.js'
import { Looks } from './looks.js'
import { COPY_SIDE } from './picture.js'
import { sweepAtLast } from './owed.js'
import { bytesOf, Copy, ended, Preview } from './preview.js'
import { scaled } from './scale.js'
import { inOneLine } from './problem.js'
import { alarm } from './say.js'
import { active, fault, pictures, removePicture, written } from './state.js'
import { locate, write } from './chain-text.js'
import { Stage } from './stage.js'
import { notice } from './notice.js'

// A slider that moves asks again as soon as it has an answer; this only joins changes that come together.
const SETTLE_MS = 30
// The picture is to blame.
const FINAL = new Set([413, 415, 422])
// Whoever is just writing a name makes mistakes that are none a moment later.
const BLAME_MS = 350
const OPAQUE = { 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'png' }

export class Studio {
  constructor(catalogue) {
    this.catalogue = catalogue
    this.stage = new Stage()
    this.looks = new Looks(catalogue)
    this.preview = new Preview(told => this.told(told))
    this.copy = null
    this.ready = Promise.resolve()
    const follow = settled(SETTLE_MS, () => this.follow())
    written.on(follow)
    active.on(picture => this.open(picture))
    onKey(() => { if (active.value && !this.copy?.image) this.open(active.value) })
    addEventListener('pagehide', () => {
      this.copy?.leave()
      sweepAtLast()
    })
    addEventListener('pageshow', event => { if (event.persisted && active.value) this.open(active.value) })
    addEventListener('online', () => { if (active.value && !this.copy?.image) this.open(active.value) })
  }

  /** Another picture, or none. */
  open(picture) {
    this.copy?.leave()
    this.copy = picture && new Copy()
    this.preview.use(this.copy)
    this.stage.open(picture)
    this.blame(null)
    notice(null)
    if (picture) this.place(picture, this.copy)
  }

  async place(picture, copy) {
    this.stage.busy(true)
    try {
      if (!picture.copy) await this.readByService(picture, copy)
      if (copy !== this.copy) return
      const task = await copy.place(picture.copy, this.looks.begin(picture))
      if (copy !== this.copy) return
      this.follow()
      await this.looks.fill(copy, task)
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      if (FINAL.has(refusal.status)) return this.unreadable(picture, refusal)
      if (copy === this.copy) notice(refusal, () => this.open(picture))
    } finally {
      if (copy === this.copy) this.stage.busy(false)
    }
  }

  /** Nobody can read it: it leaves the page, and leaves the others alone. */
  unreadable(picture, refusal) {
    removePicture(picture)
    alarm(`${picture.name}: ${inOneLine(refusal)}`)
  }

  /** What the browser cannot show the service can: its small copy is a result. The picture is there then, and is not sent again. */
  async readByService(picture, copy) {
    const first = new Copy()
    copy.with(first)
    const format = OPAQUE[picture.file.type] ?? 'jpeg'
    const ordered = await first.place(picture.file, [`resize(width=${COPY_SIDE}, height=${COPY_SIDE}, enlarge=no)`], { format, name: picture.name })
    const task = await ended(ordered.id)
    picture.copy = await bytesOf(task.results[0])
    Object.assign(picture, { width: task.image.width, height: task.image.height, image: task.image.id })
    // Whoever closes the picture has its address revoked.
    if (!picture.url && pictures.value.includes(picture)) picture.url = URL.createObjectURL(picture.copy)
    if (copy === this.copy) this.stage.open(picture)
  }

  /** How much smaller the copy is. */
  factor(picture) {
    return Math.min(1, COPY_SIDE / Math.max(picture.width, picture.height))
  }

  follow() {
    const picture = active.value
    if (!picture || !this.copy?.image) return
    const { text, steps } = written.value
    if (!text.trim()) {
      this.preview.use(this.copy)
      this.stage.plain()
      this.blame(null)
      return
    }
    if (!steps) {
      // Text that we do not understand is sent as it is: the service says best what is wrong with it.
      this.preview.want({ text, places: null })
      return
    }
    const small = scaled(steps, this.catalogue.byName, this.factor(picture), COPY_SIDE)
    this.preview.want({ ...write(small, this.catalogue.byName), whole: text })
  }

  told({ busy, url, refusal, chain: asked }) {
    if (busy !== undefined) return this.stage.busy(busy)
    if (refusal) return this.refused(refusal, asked)
    this.blame(null)
    notice(null)
    this.stage.show(url, `with ${written.value.text}`)
  }

  refused(refusal, asked) {
    if (['gone', 'not_found'].includes(refusal.code)) return this.open(active.value)
    const { position } = refusal
    if (!position) {
      this.blame(null)
      return notice(refusal, () => this.follow())
    }
    const place = asked.places ? locate(asked.places, position.offset) : { step: -1, parameter: null, offset: 0 }
    this.blame({ refusal, ...place, length: position.length, inText: this.inText(asked, place, position) })
  }

  /** The place in the text that the person sees, where numbers may be longer than in the preview's, and words have quotation marks. */
  inText(asked, { step, parameter, offset }, position) {
    const seen = written.value.places?.[step]
    if (!asked.places || !seen) return position
    const [theirs, ours] = [asked.places[step].args[parameter], seen.args[parameter]]
    if (!theirs || !ours) return { offset: seen.start + position.offset - asked.places[step].start, length: position.length }
    if (offset === 0 && position.length === theirs.end - theirs.start) return { offset: ours.start, length: ours.end - ours.start }
    return { offset: Math.min(ours.start + offset, ours.end), length: position.length }
  }

  /** Says what is wrong once the person has stopped for a moment, and at once that nothing is. */
  blame(found) {
    clearTimeout(this.blaming)
    if (found) this.blaming = setTimeout(() => { fault.value = found }, BLAME_MS)
    else fault.value = null
  }
}
