// The page at `/` as a whole: everybody can use it, it asks nobody else, and it is light.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { PHONE, URL_HERE, URL_PREFIXED, assertAccessible, tabTest } from './browser.mjs'
import { states } from './states.mjs'

const VIEWS = { light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, phone: PHONE, prefixed: { url: URL_PREFIXED } }

for (const [view, options] of Object.entries(VIEWS)) {
  tabTest(`every state of the page can be used by everybody (${view})`, options, async ({ page, url, watch }) => {
    // The equation with a mistake is refused, which the browser's console repeats.
    watch.forgive(/status of 4(00|22)/)
    for (const [state, reach] of states()) {
      await reach(page, url)
      await assertAccessible(page).catch(error => {
        error.message = `${state}: ${error.message}`
        throw error
      })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.equal(wide, 0, `${state}: nothing hangs over the edge`)
    }
  })
}

tabTest('scripts and styles of the page are light', {}, async ({ page, url, context, watch }) => {
  watch.forgive(/status of 4(00|22)/)
  for (const [, reach] of states()) await reach(page, url)
  const loaded = [...new Set(watch.requests)].filter(address => /\.(js|css)$/.test(address))
  assert.ok(loaded.some(address => address.endsWith('/lib/qr.js')), 'what is loaded late counts, too')
  const sizes = await Promise.all(loaded.map(async address => gzipSync(await (await context.request.get(address)).body()).length))
  const tus = gzipSync(await (await context.request.get(`${url}/lib/tus.js`)).body()).length
  const all = sizes.reduce((sum, size) => sum + size, loaded.some(address => address.endsWith('/tus.js')) ? 0 : tus)
  assert.ok(all <= 150_000, `${all} bytes`)
})

tabTest('the page is sent with its policy, and lets nothing else in', {}, async ({ page, watch }) => {
  watch.forgive(/policy: /, /Content Security Policy/, /ERR_BLOCKED|Failed to load|Refused|request: https:\/\/elsewhere/)
  const answer = await page.goto(`${URL_HERE}/`)
  assert.match(answer.headers()['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self';/)
  assert.equal(answer.headers()['cache-control'], 'no-cache')
  const done = await page.evaluate(async () => {
    const script = document.createElement('script')
    script.textContent = 'window.ran = true'
    document.body.append(script)
    const styled = document.createElement('p')
    styled.setAttribute('style', 'color: red')
    const asked = await fetch('https://elsewhere.example/').then(() => true, () => false)
    return { ran: window.ran, styled: styled.style.color, asked }
  })
  assert.deepEqual(done, { ran: undefined, styled: '', asked: false })
  // Breaches are told, so that their absence means something.
  while (!watch.faults.some(fault => fault.startsWith('policy: script-src'))) await page.evaluate(() => new Promise(requestAnimationFrame))
})

tabTest('what is loaded first is loaded again only if it is another', {}, async ({ page, url, context }) => {
  await page.goto(`${url}/`, { waitUntil: 'networkidle' })
  const scripts = await page.evaluate(() => performance.getEntriesByType('resource').map(each => each.name).filter(name => name.includes('/app/')))
  assert.ok(scripts.length > 3)
  for (const address of scripts) {
    const first = await context.request.get(address)
    const again = await context.request.get(address, { headers: { 'If-None-Match': first.headers().etag } })
    assert.deepEqual([first.status(), again.status()], [200, 304], address)
  }
})
