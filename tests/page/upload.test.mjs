// Pictures come in, are filtered, and go out by a link.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { PHOTO, URL_PREFIXED, WORK, tabTest } from './browser.mjs'
import { add, choose, looksAreThere, make, open } from './person.mjs'

/** What the API makes of the photograph with the same chain. */
async function byApi(url, chain) {
  const form = new FormData()
  form.append('image', new Blob([readFileSync(PHOTO)]), 'photo.jpg')
  form.append('filters', chain)
  const ordered = await (await fetch(`${url}/images`, { method: 'POST', body: form })).json()
  const task = await (await fetch(`${url}/tasks/${ordered.id}?wait=30`)).json()
  return Buffer.from(await (await fetch(task.results[0].url)).arrayBuffer())
}

tabTest('what is chosen and downloaded is what the API makes, and its link ends in three months', { url: URL_PREFIXED }, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await add(page, 'sepia')
  await make(page)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()])
  assert.equal(download.suggestedFilename(), 'photo.jpg')
  const ours = readFileSync(await download.path())
  assert.ok(ours.equals(await byApi(url, 'sepia(0.8)')), 'the same bytes')
  assert.match(await page.locator('.card').innerText(), /in 3 months/)
})

tabTest('a picture may be dropped', {}, async ({ page, url }) => {
  await open(page, url)
  const data = readFileSync(PHOTO).toString('base64')
  await page.evaluate(async base64 => {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt())
    const carried = new DataTransfer()
    carried.items.add(new File([bytes], 'dropped.jpg', { type: 'image/jpeg' }))
    const fire = type => document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: carried }))
    fire('dragenter')
    if (!document.body.classList.contains('dropping')) throw new Error('nothing says that it may be dropped')
    fire('dragover')
    fire('drop')
  }, data)
  await looksAreThere(page)
  assert.equal(await page.evaluate(() => document.body.classList.contains('dropping')), false)
  await make(page)
  assert.equal(await page.locator('.card h3').innerText(), 'dropped.jpg')
})

tabTest('a picture may be pasted', {}, async ({ page, url }) => {
  await open(page, url)
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(320, 200)
    canvas.getContext('2d').fillRect(0, 0, 100, 100)
    const carried = new DataTransfer()
    carried.items.add(new File([await canvas.convertToBlob()], 'pasted.png', { type: 'image/png' }))
    document.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, clipboardData: carried }))
  })
  await looksAreThere(page)
})

tabTest('several pictures get the same filters', {}, async ({ page, url }) => {
  await open(page, url)
  const bytes = readFileSync(PHOTO)
  const files = ['one.jpg', 'two.jpg', 'three.jpg'].map(name => ({ name, mimeType: 'image/jpeg', buffer: bytes }))
  await choose(page, files)
  await add(page, 'invert')
  await page.getByRole('button', { name: 'Make 3 pictures' }).waitFor()
  await make(page, 3)
  assert.deepEqual((await page.locator('.card h3').allInnerTexts()).sort(), ['one.jpg', 'three.jpg', 'two.jpg'])
  assert.deepEqual([...new Set(await page.locator('.card .chain').allInnerTexts())], ['invert'])
})

tabTest('a second order sends no bytes, and a reload keeps both', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await make(page)
  const sent = []
  page.on('request', request => { if (request.method() === 'POST') sent.push(new URL(request.url()).pathname) })
  await add(page, 'grayscale')
  await make(page, 2)
  assert.deepEqual([...new Set(sent)], ['/tasks'])
  await page.reload()
  await page.locator('.card.done').nth(1).waitFor()
  assert.deepEqual(await page.locator('.card .chain').allInnerTexts(), ['grayscale', 'no filters'])
  assert.equal(await page.getByRole('link', { name: 'Download' }).count(), 2)
})

tabTest('a task that was under way is followed after a reload', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  // As it would be kept by a page that was closed before the task had ended.
  await make(page)
  await page.evaluate(() => {
    const name = Object.keys(localStorage).find(each => each.endsWith(' tasks'))
    const [record] = JSON.parse(localStorage[name])
    localStorage[name] = JSON.stringify([{ ...record, state: 'queued', task: null }])
  })
  await page.reload()
  await page.locator('.card.done').waitFor()
})

tabTest('what is erased is gone, and its link too', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await make(page)
  const id = await page.evaluate(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))])[0].id)
  await page.getByRole('button', { name: 'Erase photo.jpg' }).click()
  await page.getByRole('button', { name: 'Keep' }).click()
  await page.getByRole('button', { name: 'Erase photo.jpg' }).click()
  await page.getByRole('button', { name: 'Erase for good' }).click()
  await page.locator('.card').waitFor({ state: 'detached' })
  assert.equal((await fetch(`${url}/tasks/${id}`)).status, 410)
})

tabTest('what is no picture is refused in words', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 415/)
  await open(page, url)
  const path = `${WORK}/words.jpg`
  writeFileSync(path, 'these are words, no picture at all, however they are called')
  await page.locator('#file').setInputFiles(path)
  await page.getByText('This is not a picture').first().waitFor()
})
