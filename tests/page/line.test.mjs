// Lines break, and pages are closed: what was being sent goes on.

import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { PHOTO, tabTest } from './browser.mjs'
import { add, choose, largePicture, make, open, shown } from './person.mjs'
import { URL_RELAYED, wayOf } from './relay.mjs'

/** The bytes from which each piece of an upload began. */
function pieces(page) {
  const offsets = []
  page.on('request', request => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']))
  })
  return offsets
}

const midway = page => page.waitForFunction(() => {
  const bar = document.querySelector('.card progress')
  return bar && bar.value > 5 && bar.value < 90
})

/** Begins to send a picture over a line of so many bytes a second, and comes midway: the line. */
async function sendMidway(page, url, picture, rate) {
  await open(page, url)
  await choose(page, picture)
  const way = await wayOf(page)
  await way.slow(rate)
  await page.locator('#make').click()
  await midway(page)
  return way
}

tabTest('an upload that was cut goes on where it was', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  const offsets = pieces(page)
  const way = await sendMidway(page, url, largePicture(), 3e6)
  await way.cut()
  await page.getByText('Waiting for the line').waitFor()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.length >= 2 && offsets.at(-1) > 0, `began at ${offsets}`)
})

tabTest('a small upload that was cut goes on in pieces', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  const offsets = pieces(page)
  const way = await sendMidway(page, url, PHOTO, 4e5)
  await way.cut()
  await page.getByText('Waiting for the line').waitFor()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.length >= 1)
})

tabTest('an upload goes on after the page was reloaded', { url: URL_RELAYED }, async ({ page, url }) => {
  const offsets = pieces(page)
  const way = await sendMidway(page, url, largePicture(), 3e6)
  await page.reload()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.at(-1) > 0, `began at ${offsets}`)
})

tabTest('an upload that is canceled is gone', { url: URL_RELAYED }, async ({ page, url }) => {
  await sendMidway(page, url, largePicture(), 3e6)
  const [given] = await Promise.all([
    page.waitForRequest(request => request.method() === 'DELETE' && request.url().includes('/uploads/')),
    page.getByRole('button', { name: 'Cancel' }).first().click(),
  ])
  await page.locator('.card').waitFor({ state: 'detached' })
  assert.equal((await given.response()).status(), 204)
})

const one = name => ({ name, mimeType: 'image/jpeg', buffer: readFileSync(PHOTO) })
const card = (page, name) => page.locator('.card').filter({ has: page.getByRole('heading', { name, exact: true }) })
const orders = page => {
  const keys = []
  page.on('request', request => {
    if (request.method() === 'POST' && request.headers()['idempotency-key']) keys.push(request.headers()['idempotency-key'])
  })
  return keys
}
const problem = (status, code, more) => ({ status, contentType: 'application/problem+json', json: { status, code, title: code, ...more } })

/** Orders a picture, all bytes of which have gone while the answer is kept back: the way, and what lets the answer come. */
async function orderUnanswered(page, url) {
  await open(page, url)
  await choose(page)
  const way = await wayOf(page)
  const kept = way.keepAnswer()
  await page.locator('#make').click()
  return { way, release: await kept }
}

async function cancel(page) {
  await page.getByRole('button', { name: 'Cancel' }).first().click()
  await page.locator('.card').waitFor({ state: 'detached' })
}

tabTest('an answer that is lost after all was sent makes no second task', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  await open(page, url)
  await choose(page)
  const way = await wayOf(page)
  const [keys, offsets, replays] = [orders(page), pieces(page), []]
  page.on('response', response => replays.push(response.headers()['idempotent-replayed']))
  way.loseAnswer()
  await page.locator('#make').click()
  await page.locator('.card.paused').waitFor()
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByRole('link', { name: 'Download' }).waitFor()
  assert.equal(keys.length, 2)
  assert.equal(keys[0], keys[1])
  assert.ok(replays.includes('true'), 'the task of the first')
  assert.deepEqual(offsets, [])
})

tabTest('what is canceled while its answer is on the way is erased once that is there', { url: URL_RELAYED }, async ({ page, url }) => {
  const { release } = await orderUnanswered(page, url)
  await cancel(page)
  const erased = new Map()
  page.on('response', response => { if (response.request().method() === 'DELETE') erased.set(response.url(), response.status()) })
  const [answer] = await Promise.all([page.waitForResponse(response => response.status() === 202 && response.url().endsWith('/images')), release()])
  const { id } = await answer.json()
  while (!erased.has(`${url}/tasks/${id}`)) await page.waitForResponse(response => response.request().method() === 'DELETE')
  assert.equal(erased.get(`${url}/tasks/${id}`), 200)
})

tabTest('the library for pieces that does not come holds nobody up', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  await open(page, url)
  await choose(page, largePicture())
  await page.route('**/lib/tus.js*', route => route.abort())
  await page.locator('#make').click()
  await page.getByText('Waiting for the line').waitFor()
  await page.unroute('**/lib/tus.js*')
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.locator('.card.done').waitFor()
})

tabTest('what is canceled before its upload has begun holds nobody up', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page, largePicture())
  let begun
  const asked = new Promise(done => { begun = done })
  let held
  await page.route('**/uploads', route => {
    if (held) return route.fallback()
    held = route
    begun()
  })
  await page.locator('#make').click()
  await asked
  await add(page, 'invert')
  await page.locator('#make').click()
  await page.getByRole('button', { name: 'Cancel' }).last().click()
  await page.locator('.card.done').waitFor()
  const [given] = await Promise.all([
    page.waitForResponse(response => response.request().method() === 'DELETE' && response.url().includes('/uploads/')),
    held.continue(),
  ])
  assert.equal(given.status(), 204)
  assert.equal(await page.locator('.card').count(), 1)
})

tabTest('pictures that wait their turn go on after a reload too', { url: URL_RELAYED }, async ({ page, url }) => {
  await open(page, url)
  await choose(page, [one('one.jpg'), one('two.jpg'), one('three.jpg')])
  await page.getByRole('button', { name: 'Make 3 pictures' }).waitFor()
  const way = await wayOf(page)
  await way.slow(3e5)
  await page.locator('#make').click()
  await midway(page)
  await page.reload()
  await way.mend()
  await page.locator('.card.done').nth(2).waitFor()
  assert.deepEqual((await page.locator('.card h3').allInnerTexts()).sort(), ['one.jpg', 'three.jpg', 'two.jpg'])
})

tabTest('what a service refuses that is full can be tried again, also after a reload', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 503/)
  await open(page, url)
  await choose(page)
  await page.route('**/images', route => route.fulfill(problem(503, 'queue_full')))
  await page.locator('#make').click()
  await page.locator('.card').getByText('Too much is waiting').waitFor()
  await page.unroute('**/images')
  await page.reload()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.card.done').waitFor()
})

tabTest('a file that is gone since it was chosen is not waited for', {}, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  const path = largePicture('passing.bmp')
  await open(page, url)
  await choose(page, path)
  rmSync(path)
  await page.locator('#make').click()
  await page.locator('.card').getByText('It was changed or moved since it was chosen').waitFor()
})

tabTest('what cannot be erased is said where it is seen', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 503/)
  await open(page, url)
  await choose(page)
  await make(page)
  await page.route('**/tasks/*', route => route.request().method() === 'DELETE' ? route.fulfill(problem(503, 'database_unavailable')) : route.fallback())
  await page.getByRole('button', { name: 'Erase photo.jpg' }).click()
  await page.getByRole('button', { name: 'Erase for good' }).click()
  await page.locator('#toasts').getByText('It cannot reach its database').waitFor()
  assert.equal(await page.locator('.card.done').count(), 1)
})

tabTest('answers that are cut short end neither previews nor watching', {}, async ({ page, url }) => {
  await page.addInitScript(() => {
    for (const kind of ['json', 'blob']) {
      const whole = Response.prototype[kind]
      Response.prototype[kind] = function () {
        return window.cutsAnswers ? Promise.reject(new TypeError('network error')) : whole.call(this)
      }
    }
    // Watched by asking.
    delete window.EventSource
  })
  await open(page, url)
  await choose(page)
  await page.evaluate(() => { window.cutsAnswers = true })
  await add(page, 'invert')
  await page.locator('#notice').getByText('No connection').waitFor()
  await page.locator('#make').click()
  await page.locator('.card.queued').waitFor()
  await page.evaluate(() => { window.cutsAnswers = false })
  await page.getByRole('button', { name: 'Try again' }).click()
  await shown(page, () => true)
  await page.locator('.card.done').waitFor()
})

tabTest('an upload that the service has forgotten begins anew with all its options', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/status of 404/)
  const way = await sendMidway(page, url, largePicture(), 3e6)
  let forgotten
  await page.route('**/uploads/*', route => {
    forgotten ??= route.request().url()
    return route.request().url() === forgotten ? route.fulfill(problem(404, 'not_found')) : route.fallback()
  })
  const begins = []
  page.on('request', request => { if (request.method() === 'POST' && request.url().endsWith('/uploads')) begins.push(request.headers()['upload-metadata']) })
  await page.reload()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.equal(begins.length, 1)
  assert.match(begins[0], /filename \w+=*,filters /)
})

tabTest('a quota is no broken line, and keeps nobody else up', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/status of 429/)
  await open(page, url)
  await choose(page, largePicture())
  await page.route('**/uploads', route => route.fulfill({ ...problem(429, 'bytes_quota_exceeded', { limit: 5e6 }), headers: { 'Retry-After': '36000' } }))
  await page.locator('#make').click()
  await page.locator('.card.refused').getByText('That is all for today').waitFor()
  await page.unroute('**/uploads')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.card.done').waitFor()
})

tabTest('a broken line of one keeps no other up', {}, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  await open(page, url)
  await choose(page, largePicture())
  await page.route('**/uploads/*', route => route.request().method() === 'PATCH' ? route.abort() : route.fallback())
  await page.locator('#make').click()
  await page.locator('.card.paused').waitFor()
  await page.getByRole('button', { name: 'Close this picture' }).click()
  await choose(page)
  await page.locator('#make').click()
  await page.locator('.card.done').waitFor()
  assert.equal(await page.locator('.card.paused').count(), 1)
})

tabTest('what is canceled after a reload, when nobody knows what became of it, is erased', { url: URL_RELAYED }, async ({ page, url }) => {
  const { way, release } = await orderUnanswered(page, url)
  const again = way.keepAnswer()
  await page.reload()
  const releaseAgain = await again
  await cancel(page)
  const [answer] = await Promise.all([page.waitForResponse(response => response.status() === 202 && response.url().endsWith('/images')), releaseAgain()])
  release()
  const { id } = await answer.json()
  await page.waitForResponse(response => response.request().method() === 'DELETE' && response.url().endsWith(id))
  await page.waitForFunction(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' owed'))]).length === 0)
  assert.equal((await fetch(`${url}/tasks/${id}`)).status, 410)
  assert.deepEqual(await page.evaluate(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))])), [])
})

tabTest('what was refused at the door is off the list, and not sent again', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 429/)
  await open(page, url)
  await choose(page)
  let asked = 0
  await page.route('**/images', route => {
    asked += 1
    return route.fulfill(problem(429, 'open_tasks_exceeded', { limit: 3 }))
  })
  await page.locator('#make').click()
  await page.getByRole('button', { name: 'Take off the list' }).click()
  await page.locator('.card').waitFor({ state: 'detached' })
  assert.deepEqual(await page.evaluate(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))])), [])
  assert.equal(asked, 1)
})
