// Whoever has no mouse, or a small screen.

import assert from 'node:assert/strict'
import { PHONE, PHOTO, tabTest } from './browser.mjs'
import { add, choose, looksAreThere, make, open, shown } from './person.mjs'

/** Goes on by the tab key until the focus is where `test` says, as somebody without a mouse does. */
async function tabTo(page, test) {
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(test)) return
  }
  assert.fail(`the tab key does not lead to ${test}`)
}

const named = name => `document.activeElement.innerText === '${name}' || document.activeElement.getAttribute('aria-label') === '${name}'`

tabTest('all of it by keys alone', {}, async ({ page, url }) => {
  // Playwright takes the place of the dialog only while somebody listens, and a key is quicker than the word of it.
  page.on('filechooser', () => {})
  await open(page, url)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Skip to the page')
  await page.keyboard.press('Enter')
  await tabTo(page, named('Choose pictures'))
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')])
  await chooser.setFiles(PHOTO)
  await looksAreThere(page)
  await tabTo(page, "document.activeElement.getAttribute('role') === 'radio'")
  await page.keyboard.press('ArrowRight')
  assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Film noir')
  await shown(page, ([red, green, blue]) => Math.abs(red - green) < 3 && Math.abs(green - blue) < 3)
  await tabTo(page, named('Add a filter'))
  await page.keyboard.press('Enter')
  await page.keyboard.type('brightness')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Amount')
  await page.keyboard.press('PageUp')
  await tabTo(page, named('Make the picture'))
  await page.keyboard.press('Enter')
  await page.locator('.card.done').waitFor()
  await tabTo(page, named('Download'))
  await tabTo(page, named('QR code'))
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Take it along' }).waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'QR code')
})

tabTest('what happens is said to those who do not see it', {}, async ({ page, url }) => {
  await open(page, url)
  await page.evaluate(() => {
    window.heard = []
    const hear = () => { for (const id of ['polite', 'urgent']) window.heard.push(document.getElementById(id).textContent) }
    new MutationObserver(hear).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  await choose(page)
  await make(page)
  await page.waitForFunction(() => window.heard.some(words => words.startsWith('photo.jpg is done')))
  const heard = await page.evaluate(() => window.heard)
  assert.ok(heard.includes('The picture is being sent.'))
  assert.ok(heard.includes('photo.jpg is opened.'))
})

tabTest('on a phone nothing is too wide or too small, and the picture stays in sight', { ...PHONE }, async ({ page, url }) => {
  await open(page, url)
  assert.equal(await page.getByRole('button', { name: 'Take a photo' }).isVisible(), true)
  await choose(page)
  await add(page, 'vignette')
  await make(page)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.equal(wide, 0)
  const small = await page.evaluate(() => [...document.querySelectorAll('button, a, select, input')].filter(each => {
    const { width, height } = each.getBoundingClientRect()
    return width > 1 && Math.min(width, height) < 24 && getComputedStyle(each).opacity !== '0'
  }).map(each => each.outerHTML.slice(0, 80)))
  assert.deepEqual(small, [])
  await page.getByRole('slider', { name: 'Softness' }).focus()
  const [stage, slider] = await Promise.all(['#frame', '.step input[type=range]:focus'].map(each => page.locator(each).boundingBox()))
  assert.ok(stage.y >= 0 && stage.y + stage.height <= slider.y, 'the slider is below the picture, and both are on the screen')
  assert.ok(slider.y + slider.height <= 844)
})
