// The pages of /docs: that they say what openapi.json and the catalogue say, and that everybody can read them.

import assert from 'node:assert/strict'
import { PHONE, URL_PREFIXED, assertAccessible, tabTest } from './browser.mjs'

const VIEWS = { light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, phone: PHONE, prefixed: { url: URL_PREFIXED } }
// The pages are long: what does not differ is looked for once.
const RULES = { light: undefined, dark: ['color-contrast'] }

for (const path of ['docs', 'docs/filters']) {
  for (const [view, options] of Object.entries(VIEWS)) {
    tabTest(`/${path} can be read by everybody (${view})`, options, async ({ page, url }) => {
      const answer = await page.goto(`${url}/${path}`)
      assert.equal(answer.status(), 200)
      await page.locator('.search').waitFor({ state: 'visible' })
      await page.locator('details').evaluateAll(all => all.forEach(each => { each.open = true }))
      if (view in RULES) await assertAccessible(page, RULES[view])
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.equal(wide, 0, 'nothing hangs over the edge')
    })
  }
}

tabTest('/docs is whole without a script', { javaScriptEnabled: false }, async ({ page, url }) => {
  await page.goto(`${url}/docs`)
  assert.ok(await page.locator('main section').count() > 40)
  assert.equal(await page.locator('.search').isVisible(), false)
})

tabTest('/docs leaves nothing of openapi.json out', {}, async ({ page, url }) => {
  await page.goto(`${url}/docs`)
  const description = await (await fetch(`${url}/openapi.json`)).json()
  const missing = []
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const alike = method === 'head' && operation.summary.startsWith('As GET')
      const section = page.locator(`[data-search="${alike ? 'GET' : method.toUpperCase()} ${path}"]`)
      const said = await section.count() === 1 ? await section.textContent() : ''
      const words = alike ? ['HEAD'] : [operation.summary.replaceAll('`', ''), ...Object.keys(operation.responses)]
      for (const parameter of operation.parameters ?? []) if (parameter.name) words.push(parameter.name)
      missing.push(...words.filter(word => !said.includes(word)).map(word => `${method} ${path}: ${word}`))
    }
  }
  for (const [name, schema] of Object.entries(description.components.schemas)) {
    const section = page.locator(`#schema-${name.toLowerCase()}`)
    const said = await section.count() === 1 ? await section.textContent() : ''
    const words = [...Object.keys(schema.properties ?? {}), ...schema.enum ?? []]
    missing.push(...words.filter(word => !said.includes(word)).map(word => `${name}: ${word}`))
  }
  assert.deepEqual(missing, [])
})

for (const path of ['docs', 'docs/filters']) {
  tabTest(`every link of /${path} leads somewhere`, { url: URL_PREFIXED }, async ({ page, url, context }) => {
    await page.goto(`${url}/${path}`)
    const dead = await page.evaluate(() => {
      const [here] = location.href.split('#')
      return [...document.links].filter(link => link.href.startsWith(`${here}#`))
        .map(link => link.hash).filter(hash => !document.getElementById(hash.slice(1)))
    })
    assert.deepEqual(dead, [])
    const others = await page.evaluate(() => [...new Set([...document.links].map(link => link.href.split('#')[0]))])
    for (const address of others) {
      assert.ok(address.startsWith(`${url}/`), address)
      assert.equal((await context.request.get(address)).status(), 200, address)
    }
  })
}

tabTest('/docs/filters shows what there is, and no picture is missing', {}, async ({ page, url }) => {
  await page.goto(`${url}/docs/filters`)
  const { filters, looks } = await (await fetch(`${url}/filters`)).json()
  const names = [...looks.map(look => `look-${look.name}`), ...filters.map(filter => filter.name)]
  assert.deepEqual(await page.locator('main section').evaluateAll(all => all.map(each => each.id)), names)
  await page.locator('img').evaluateAll(all => Promise.all(all.map(each => { each.loading = 'eager'; return each.decode() })))
  const sizes = await page.locator('img').evaluateAll(all => all.map(each => each.naturalWidth))
  assert.ok(sizes.every(size => size > 40 && size <= 240), String(sizes))
  const bytes = await page.evaluate(() => performance.getEntriesByType('resource').reduce((sum, each) => sum + each.encodedBodySize, 0))
  assert.ok(bytes < 1_000_000, `${bytes} bytes are too many`)
})

tabTest('pictures that are not seen are not loaded', {}, async ({ page, url }) => {
  await page.goto(`${url}/docs/filters`)
  await page.waitForFunction(() => document.querySelector('img').naturalWidth > 0)
  const loaded = await page.locator('img').evaluateAll(all => all.filter(each => each.naturalWidth > 0).length)
  assert.ok(loaded < 100, `${loaded} were loaded`)
})

tabTest('a search hides what is not meant', {}, async ({ page, url }) => {
  await page.goto(`${url}/docs/filters`)
  await page.getByRole('searchbox').fill('sepia')
  const shown = await page.locator('main section:visible h3').allTextContents()
  assert.ok(shown.includes('sepia') && shown.length < 20, String(shown))
  assert.match(await page.locator('#found').textContent(), new RegExp(`^${shown.length} of \\d+$`))
  await page.getByRole('searchbox').fill('')
  assert.ok(await page.locator('main section:visible').count() > 100)
  await page.getByRole('searchbox').fill('sepia')
  await page.evaluate(() => { location.hash = '#blur' })
  await page.locator('#blur').waitFor({ state: 'visible' })
})

tabTest('the keyboard reaches the contents at once', {}, async ({ page, url }) => {
  await page.goto(`${url}/docs`)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
})
