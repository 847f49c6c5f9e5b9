// Pictures that the browser cannot show, and what the page loads before it is asked for anything.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { PHOTO, WORK, tabTest } from './browser.mjs'
import { add, choose, make, open, shown } from './person.mjs'

/** The photograph as TIFF, made by the service. */
async function tiff(url) {
  const form = new FormData()
  form.append('image', new Blob([readFileSync(PHOTO)]), 'photo.jpg')
  form.append('filters', 'resize(600)')
  form.append('format', 'tiff')
  const ordered = await (await fetch(`${url}/images`, { method: 'POST', body: form })).json()
  const task = await (await fetch(`${url}/tasks/${ordered.id}?wait=30`)).json()
  const path = `${WORK}/photo.tiff`
  writeFileSync(path, Buffer.from(await (await fetch(task.results[0].url)).arrayBuffer()))
  return path
}

tabTest('a picture that the browser cannot read is read by the service, and sent once', {}, async ({ page, url }) => {
  const path = await tiff(url)
  await open(page, url)
  const sent = []
  page.on('request', request => { if (request.method() === 'POST' && request.url().endsWith('/images')) sent.push(request.url()) })
  await choose(page, path)
  await add(page, 'invert')
  await shown(page, () => true)
  await make(page)
  assert.match(await page.locator('.card').innerText(), /600 × 375, TIFF/)
  assert.equal(sent.length, 2, 'the picture itself, and the small copy of it')
})

tabTest('all scripts that the page needs are named in it, so that none waits for another', {}, async ({ page, url, watch }) => {
  await page.goto(`${url}/`, { waitUntil: 'networkidle' })
  const named = await page.evaluate(() => [...document.querySelectorAll('link[rel=modulepreload], script[src]')].map(each => each.href || each.src))
  const loaded = watch.requests.filter(address => /\/(app|lib)\/.*\.js$/.test(address))
  assert.deepEqual([...new Set(loaded)].sort(), named.sort())
})

tabTest('a picture that is closed while the service reads it is erased all the same', {}, async ({ page, url }) => {
  const path = await tiff(url)
  await open(page, url)
  let asked
  const held = new Promise(done => { asked = done })
  await page.route('**/images', route => asked(route))
  await page.locator('#file').setInputFiles(path)
  const route = await held
  await page.locator('#close-picture').click()
  const erased = page.waitForResponse(response => response.request().method() === 'DELETE')
  const answer = page.waitForResponse(response => response.status() === 202)
  await route.continue()
  const { id } = await (await answer).json()
  assert.equal((await erased).url(), `${url}/tasks/${id}`)
  assert.equal((await erased).status(), 200)
})

tabTest('a file that nobody can read leaves the page, and the others stay', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 4(15|22)/)
  await open(page, url)
  const photo = readFileSync(PHOTO)
  await page.locator('#file').setInputFiles([
    { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: photo.subarray(0, 300) },
    { name: 'empty.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
    { name: 'whole.jpg', mimeType: 'image/jpeg', buffer: photo },
  ])
  await page.locator('#toasts').getByText('empty.jpg is empty').waitFor()
  await page.locator('#toasts').getByText(/^cut.jpg: The picture is broken/).waitFor()
  await page.getByRole('button', { name: 'Make the picture' }).waitFor()
  await make(page)
  assert.equal(await page.locator('.card h3').innerText(), 'whole.jpg')
})
