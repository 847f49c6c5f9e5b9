// Mistakes are marked where they stand, and mended by a click.

import assert from 'node:assert/strict'
import { tabTest } from './browser.mjs'
import { add, chainText, choose, open, shown } from './person.mjs'

tabTest('a mistake in an equation is marked at its place', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 400/)
  await open(page, url)
  await choose(page)
  // The preview gets a shorter blur than the picture: places are still those of what is read.
  await add(page, 'blur')
  await add(page, 'equation')
  const field = page.getByRole('textbox', { name: 'Equations' })
  await field.fill('r = 1 - r, g = gg')
  await page.locator('.equation mark').waitFor()
  assert.equal(await page.locator('.equation mark').innerText(), 'gg')
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  await page.locator('.equation').getByText('“gg” is not known here').waitFor()
  await page.getByText('As text').click()
  assert.equal(await page.locator('#text-place mark').textContent(), 'gg')
  await page.locator('.equation').getByRole('button', { name: 'Take “g”' }).click()
  await page.locator('.equation mark').waitFor({ state: 'detached' })
  assert.equal(await chainText(page), 'blur(3)|equation(r = 1 - r, g = g)')
  await shown(page, ([red, green]) => red > green)
})

tabTest('a mistake in the text is marked, counted in characters as people see them', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 400/)
  await open(page, url)
  await choose(page)
  await page.getByText('As text').click()
  const field = page.locator('#chain-text')
  const mark = page.locator('#text-place mark')
  await field.fill('invert|sepa(0.5)')
  await mark.waitFor()
  assert.equal(await mark.textContent(), 'sepa')
  await page.locator('#text-place').getByRole('button', { name: 'Take “sepia”' }).click()
  assert.deepEqual(await page.locator('.step h3').allInnerTexts(), ['invert', 'sepia'])
  // The font has no foxes, each of which has two units of UTF-16.
  await field.fill('invert|text("🦊🦊")|sepia')
  await page.locator('#text-place .mistake').getByText('🦊').waitFor()
  assert.equal(await mark.textContent(), '"🦊🦊"')
})

tabTest('a value out of its range is said at its filter', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 400/)
  await open(page, url)
  await choose(page)
  await add(page, 'sepia')
  await page.getByRole('spinbutton', { name: 'Amount' }).fill('7')
  await page.locator('.step.wrong .mistake').waitFor()
  assert.match(await page.locator('.step.wrong .mistake').innerText(), /1/)
})

tabTest('a chain with a mistake is shown, and not sent', {}, async ({ page, url, watch }) => {
  watch.forgive(/status of 400/)
  await open(page, url)
  await choose(page)
  await page.locator('#text-details summary').click()
  await page.locator('#chain-text').fill('sepa|blur(3)')
  await page.locator('#text-place [aria-invalid=true]').waitFor()
  await page.locator('#text-details summary').click()
  await page.locator('#make').click()
  await page.locator('#toasts').getByText('The filters have a mistake').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement.id), 'chain-text')
  assert.equal(await page.locator('.card').count(), 0)
})
