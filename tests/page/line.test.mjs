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

tabTest('an upload that was cut goes on where it was', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  const offsets = pieces(page)
  await open(page, url)
  await choose(page, largePicture())
  const way = await wayOf(page)
  await way.slow(3e6)
  await page.locator('#make').click()
  await midway(page)
  await way.cut()
  await page.getByText('Waiting for the line').waitFor()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.length >= 2 && offsets.at(-1) > 0, `began at ${offsets}`)
})

tabTest('a small upload that was cut goes on in pieces', { url: URL_RELAYED }, async ({ page, url, watch }) => {
  watch.forgive(/ERR_/)
  const offsets = pieces(page)
  await open(page, url)
  await choose(page, PHOTO)
  const way = await wayOf(page)
  await way.slow(4e5)
  await page.locator('#make').click()
  await midway(page)
  await way.cut()
  await page.getByText('Waiting for the line').waitFor()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.length >= 1)
})

tabTest('an upload goes on after the page was reloaded', { url: URL_RELAYED }, async ({ page, url }) => {
  const offsets = pieces(page)
  await open(page, url)
  await choose(page, largePicture())
  const way = await wayOf(page)
  await way.slow(3e6)
  await page.locator('#make').click()
  await midway(page)
  await page.reload()
  await way.mend()
  await page.locator('.card.done').waitFor()
  assert.ok(offsets.at(-1) > 0, `began at ${offsets}`)
})

tabTest('an upload that is canceled is gone', { url: URL_RELAYED }, async ({ page, url }) => {
  await open(page, url)
  await choose(page, largePicture())
  await (await wayOf(page)).slow(3e6)
  await page.locator('#make').click()
  await midway(page)
  const [given] = await Promise.all([
    page.waitForRequest(request => request.method() === 'DELETE' && request.url().includes('/uploads/')),
    page.getByRole('button', { name: 'Cancel' }).first().click(),
  ])
  await page.locator('.card').waitFor({ state: 'detached' })
  assert.equal((await given.response()).status(), 204)
})
