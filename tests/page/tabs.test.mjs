// Several tabs, and what a browser has kept: nothing is sent twice, and nothing that another tab did is lost.

import assert from 'node:assert/strict'
import { KEY, URL_KEYED, tabTest } from './browser.mjs'
import { choose, largePicture, make, open } from './person.mjs'
import { URL_RELAYED, wayOf } from './relay.mjs'

const HOUR_MS = 3_600_000

/** Begins an upload in the first tab, opens a second one, and lets the upload end: what the second has sent. */
async function besideAnUpload(page, context, url) {
  await open(page, url)
  await choose(page, largePicture())
  const way = await wayOf(page)
  await way.slow(2e6)
  await page.locator('#make').click()
  await page.waitForFunction(() => document.querySelector('.card progress')?.value > 5)
  const other = await context.newPage()
  const sent = []
  other.on('request', request => { if (request.method() !== 'GET') sent.push(request.method()) })
  await open(other, url)
  return { way, other, sent }
}

for (const [kind, without] of [['with locks', () => {}], ['without', () => delete Navigator.prototype.locks]]) {
  tabTest(`one tab leaves the uploads of the other alone, ${kind}`, { url: URL_RELAYED }, async ({ page, context, url }) => {
    await context.addInitScript(without)
    const { way, other, sent } = await besideAnUpload(page, context, url)
    await other.locator('.card.sending').waitFor()
    await way.mend()
    for (const each of [page, other]) await each.locator('.card.done').waitFor()
    assert.deepEqual(sent, [])
  })

  tabTest(`an upload is taken up in a new tab, ${kind}`, { url: URL_RELAYED }, async ({ page, context, url }) => {
    await context.addInitScript(without)
    const { other } = await besideAnUpload(page, context, url)
    await other.close()
    await page.close()
    const third = await context.newPage()
    await third.goto(`${url}/`)
    await third.locator('.card.done').waitFor()
  })
}

tabTest('of two tabs that come back at once, without locks, one goes on', { url: URL_RELAYED }, async ({ page, context, url }) => {
  await context.addInitScript(() => delete Navigator.prototype.locks)
  const { way, other } = await besideAnUpload(page, context, url)
  const senders = new Set()
  for (const each of [page, other]) each.on('request', request => { if (request.method() === 'PATCH') senders.add(each) })
  await Promise.all([page.reload(), other.reload()])
  await way.mend()
  for (const each of [page, other]) await each.locator('.card.done').waitFor()
  assert.equal(senders.size, 1)
})

tabTest('a tab goes on with what another had begun that was closed', { url: URL_RELAYED }, async ({ page, context, url }) => {
  const { other } = await besideAnUpload(page, context, url)
  await other.locator('.card.sending').waitFor()
  await page.close()
  // As soon as somebody looks at it.
  await other.waitForFunction(async () => !(await navigator.locks.query()).held.length)
  await other.waitForFunction(() => Date.now() - JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))])[0].at > 5000)
  await other.evaluate(() => dispatchEvent(new Event('visibilitychange')))
  await other.locator('.card.done').waitFor()
})

tabTest('what is canceled in one tab is canceled in the other, which goes on with the next', { url: URL_RELAYED }, async ({ page, context, url, watch }) => {
  // Both tell the service.
  watch.forgive(/status of 404/)
  const { way, other } = await besideAnUpload(page, context, url)
  await page.locator('#make').click()
  await page.locator('.card').nth(1).waitFor()
  await other.getByRole('button', { name: 'Cancel' }).last().click()
  await page.locator('.card').nth(1).waitFor({ state: 'detached' })
  await way.mend()
  for (const each of [page, other]) await each.locator('.card.done').waitFor()
})

tabTest('a tab that has heard nothing of others overwrites nothing of theirs', {}, async ({ page, context, url }) => {
  await page.addInitScript(() => addEventListener('storage', event => event.stopImmediatePropagation(), true))
  await open(page, url)
  await choose(page)
  const other = await context.newPage()
  await open(other, url)
  await choose(other)
  await make(other)
  await make(page)
  await page.locator('.card').nth(1).waitFor()
  await make(other)
  await other.locator('.card').nth(2).waitFor()
  // What one tab writes another can read a moment later.
  await page.waitForFunction(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))]).length === 3)
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  await page.locator('.card').nth(2).waitFor()
})

tabTest('a key that is forgotten in one tab is forgotten in all', { url: URL_KEYED }, async ({ page, context, url }) => {
  await open(page, url)
  await page.getByRole('button', { name: 'Key', exact: true }).click()
  await page.getByLabel('Keep it on this device').check()
  await page.getByLabel('API key').fill(KEY)
  await page.getByRole('button', { name: 'Use it' }).click()
  const other = await context.newPage()
  await open(other, url)
  await other.getByRole('button', { name: 'Key in use' }).click()
  await other.getByRole('button', { name: 'Forget it' }).click()
  await page.getByRole('button', { name: 'Key', exact: true }).waitFor()
})

/** Entries as they would be kept; each `change` is of one of them. */
const keep = (page, changes) => page.evaluate(([records, now]) => {
  const name = `imgfilter ${new URL('./', document.baseURI).pathname} tasks`
  const link = { url: `${location.origin}/d/AAAAAAAAAAAAAAAAAAAAAA/photo.jpg`, width: 9, height: 9, bytes: 9e7, format: 'jpeg', expires_at: new Date(now + 3_600_000) }
  localStorage.setItem(name, JSON.stringify(records.map((change, index) => ({ key: `key-${index}`, id: `id-${index}`, name: `${index}.jpg`, at: now,
    chain: '', fields: {}, image: null, state: 'done', sent: 1, size: 9, thumb: null, task: { results: [{ ...link, ...change.link }], image: { id: 'x' } },
    problem: null, upload: null, tried: false, ...change }))))
}, [changes, Date.now()])

tabTest('a full list takes nothing more, and says so, rather than to lose a link', {}, async ({ page, url }) => {
  await open(page, url)
  await keep(page, Array.from({ length: 200 }, () => ({})))
  await page.reload()
  await choose(page)
  await page.locator('#make').click()
  await page.locator('#toasts').getByText('The list is full: 200 pictures').waitFor()
  assert.equal(await page.locator('.card.done').count(), 200)
})

tabTest('in a full list what came to nothing makes room, the oldest first', {}, async ({ page, url }) => {
  await open(page, url)
  const failed = { state: 'failed', task: { results: [{ error: { code: 'broken_image', title: 'x' } }], image: { id: 'x' } } }
  await keep(page, Array.from({ length: 200 }, (_, index) => [3, 7].includes(index) ? failed : {}))
  await page.reload()
  await choose(page)
  await page.locator('#make').click()
  await page.locator('.card.done h3').getByText('photo.jpg').waitFor()
  assert.equal(await page.locator('.card').count(), 200)
  assert.deepEqual(await page.locator('.card.failed h3').allInnerTexts(), ['3.jpg'])
})

tabTest('a link whose time has come is not offered any more', {}, async ({ page, url }) => {
  await open(page, url)
  await keep(page, [{ link: { expires_at: new Date(Date.now() - HOUR_MS) } }, {}])
  await page.reload()
  await page.locator('.card.expired').getByText('The time of the link has come').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Download' }).count(), 1)
})
