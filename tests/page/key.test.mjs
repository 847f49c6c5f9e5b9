// Services that want a key, and being told.

import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { KEY, PHOTO, PUSH_ENDPOINT, URL_KEYED, tabTest } from './browser.mjs'
import { add, choose, looksAreThere, make, open, shown } from './person.mjs'

async function enterKey(page, key) {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Use it' }).click()
}

const kept = page => page.evaluate(() => [sessionStorage, localStorage].map(storage => JSON.stringify(storage).includes('imgf_')))

tabTest('a key is asked for where it is needed, and forgotten with the tab', { url: URL_KEYED }, async ({ page, context, url, watch }) => {
  watch.forgive(/status of 401/)
  await open(page, url)
  await page.locator('#file').setInputFiles(PHOTO)
  await page.getByRole('button', { name: 'Enter a key' }).click()
  await enterKey(page, 'imgf_short')
  await page.getByText('Was it copied whole?').waitFor()
  await enterKey(page, KEY)
  await looksAreThere(page)
  await add(page, 'invert')
  await make(page)
  assert.deepEqual(await kept(page), [true, false])
  // Its owner alone may erase what was ordered with it.
  await page.getByRole('button', { name: 'Erase photo.jpg' }).click()
  await page.getByRole('button', { name: 'Erase for good' }).click()
  await page.locator('.card').waitFor({ state: 'detached' })
  const other = await context.newPage()
  await open(other, url)
  assert.deepEqual(await kept(other), [false, false])
})

tabTest('a key is kept on the device if the person says so, until it is to be forgotten', { url: URL_KEYED }, async ({ page, context, url }) => {
  await open(page, url)
  await page.getByRole('button', { name: 'Key', exact: true }).click()
  await page.getByLabel('Keep it on this device').check()
  await enterKey(page, KEY)
  const other = await context.newPage()
  await open(other, url)
  await choose(other)
  await other.getByRole('button', { name: 'Key in use' }).click()
  await other.getByRole('button', { name: 'Forget it' }).click()
  assert.deepEqual(await kept(other), [false, false])
})

/** What the browser's part of a push service would answer: none can be reached from here. */
function subscription() {
  const browser = createECDH('prime256v1')
  browser.generateKeys()
  return { endpoint: PUSH_ENDPOINT, expirationTime: null,
    keys: { p256dh: browser.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') } }
}

tabTest('a person is told by a notification of the browser', { url: URL_KEYED, permissions: ['notifications'] }, async ({ page, url }) => {
  await page.addInitScript(answer => {
    PushManager.prototype.subscribe = async () => ({ toJSON: () => answer })
  }, subscription())
  await open(page, url)
  await page.getByRole('button', { name: 'Key', exact: true }).click()
  await enterKey(page, KEY)
  await choose(page)
  await page.getByText('Tell me when it is done').click()
  await page.getByLabel('By a notification of this browser').check()
  await make(page)
  const id = await page.evaluate(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' tasks'))])[0].id)
  for (let told; told !== 'delivered';) {
    const answer = await fetch(`${url}/deliveries?task=${id}`, { headers: { Authorization: `Bearer ${KEY}` } })
    const { deliveries: [delivery] } = await answer.json()
    assert.ok(!delivery || ['pending', 'sending', 'delivered'].includes(delivery.status), JSON.stringify(delivery))
    told = delivery?.status
  }
})

tabTest('a person is told by a letter to a confirmed address', { url: URL_KEYED }, async ({ page, url, watch }) => {
  watch.forgive(/status of 422/)
  await page.route('**/me/notifications', route => route.fulfill({ json: { channels: ['webhook', 'email'], targets: [
    { channel: 'email', address: 'ann@example.com', status: 'active' }, { channel: 'email', address: 'new@example.com', status: 'unverified' }] } }))
  await open(page, url)
  await page.getByRole('button', { name: 'Key', exact: true }).click()
  await enterKey(page, KEY)
  await choose(page)
  await page.getByText('Tell me when it is done').click()
  const field = page.getByLabel('By a letter to')
  await field.waitFor()
  assert.deepEqual(await field.locator('option').allInnerTexts(), ['nobody', 'ann@example.com'])
  await field.selectOption('ann@example.com')
  await page.route('**/images', route => route.fulfill({ status: 422, contentType: 'application/problem+json',
    json: { code: 'unverified_target', title: 'The address is not confirmed', status: 422 } }))
  const [sent] = await Promise.all([page.waitForRequest('**/images'), page.locator('#make').click()])
  assert.match(sent.postDataBuffer().toString('latin1'), /name="email"\r\n\r\nann@example.com/)
  await page.locator('.card').getByText('The address is not confirmed').waitFor()
})

tabTest('a quota that is used up is said, and previews rest', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 429/)
  await open(page, url)
  await choose(page)
  await page.route('**/tasks', route => route.fulfill({ status: 429, contentType: 'application/problem+json', headers: { 'Retry-After': '3600' },
    json: { code: 'requests_quota_exceeded', title: 'Too many uploads for a day', status: 429, limit: 20 } }))
  await add(page, 'invert')
  await page.getByText('20 pictures a day, previews included').first().waitFor()
  await page.unroute('**/tasks')
  await page.getByRole('button', { name: 'Try again' }).click()
  await shown(page, () => true)
  assert.equal(await page.locator('#notice').innerText(), '')
})
