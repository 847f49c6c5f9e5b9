// What a person sees at an address where nothing is, and what a program does.

import assert from 'node:assert/strict'
import { URL_HERE, URL_PREFIXED, assertAccessible, tabTest } from './browser.mjs'

for (const url of [URL_HERE, URL_PREFIXED]) {
  tabTest(`an address that is not there is a page that leads back (${url === URL_HERE ? 'here' : 'prefixed'})`, { url }, async ({ page, watch }) => {
    watch.forgive(/status of 404/)
    const answer = await page.goto(`${url}/nowhere/<script>`)
    assert.equal(answer.status(), 404)
    await assertAccessible(page)
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector('.status')).fontSize), '16px', 'it has its style')
    await page.getByRole('link').click()
    assert.equal(page.url(), `${url}/`)
    const asked = await page.evaluate(async address => {
      const response = await fetch(address)
      return [response.status, response.headers.get('content-type'), (await response.json()).code]
    }, `${url}/nowhere`)
    assert.deepEqual(asked, [404, 'application/problem+json', 'not_found'])
  })
}
