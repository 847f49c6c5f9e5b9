// Lines break, and pages are closed: what was being sent goes on.

import assert from 'node:assert/strict'
import { PHOTO, tabTest } from './browser.mjs'
import { choose, largePicture, open } from './person.mjs'
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
