// The page in Firefox: that what it stands on is there, too. What each part does is tested in Chromium.

import assert from 'node:assert/strict'
import { PHOTO, URL_PREFIXED, assertAccessible, tabTest } from './browser.mjs'

tabTest('Firefox opens a picture, filters it and loads the result down', { kind: 'firefox', url: URL_PREFIXED }, async ({ page, url }) => {
  await page.goto(`${url}/`)
  await page.locator('#picker-results li').first().waitFor({ state: 'attached' })
  await page.locator('#file').setInputFiles(PHOTO)
  await page.locator('.look:not(.pending)').nth(1).waitFor()
  await page.getByRole('radio', { name: 'Film noir' }).click()
  await page.locator('#after').waitFor({ state: 'visible' })
  await assertAccessible(page)
  await page.locator('#make').click()
  const link = page.locator('.card.done a[download]')
  await link.waitFor({ timeout: 60_000 })
  const [type, size] = await page.evaluate(async address => {
    const result = await (await fetch(address)).blob()
    const picture = await createImageBitmap(result)
    return [result.type, [picture.width, picture.height]]
  }, await link.getAttribute('href'))
  assert.deepEqual([type, size], ['image/jpeg', [1920, 1200]])
})
