// Filters are put together by sight, by keys and as text, and what is shown follows.

import assert from 'node:assert/strict'
import { tabTest } from './browser.mjs'
import { add, chainText, choose, colours, make, open, shown } from './person.mjs'

const grey = ([red, green, blue]) => Math.abs(red - green) < 3 && Math.abs(green - blue) < 3

tabTest('a chain of three, put in another order by keys, undone and done again', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await page.getByRole('radio', { name: 'Sunset' }).click()
  await add(page, 'vignette')
  await add(page, 'blur')
  assert.equal(await chainText(page), 'look(sunset)|vignette(60)|blur(3)')
  await page.getByRole('button', { name: /^Move blur/ }).focus()
  await page.keyboard.press('ArrowUp')
  assert.equal(await chainText(page), 'look(sunset)|blur(3)|vignette(60)')
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Move blur: arrow up or down')
  await page.keyboard.press('Control+z')
  assert.equal(await chainText(page), 'look(sunset)|vignette(60)|blur(3)')
  await page.keyboard.press('Control+Shift+z')
  assert.equal(await chainText(page), 'look(sunset)|blur(3)|vignette(60)')
  await make(page)
  assert.equal(await page.locator('.card .chain').innerText(), 'look(sunset)|blur(3)|vignette(60)')
})

tabTest('a filter is drawn to another place', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  for (const name of ['sepia', 'invert', 'flip']) await add(page, name)
  assert.equal(await chainText(page), 'sepia(0.8)|invert|flip(vertical)')
  const from = await page.getByRole('button', { name: /^Move flip/ }).boundingBox()
  const to = await page.getByRole('button', { name: /^Move sepia/ }).boundingBox()
  await page.mouse.move(from.x + 10, from.y + 10)
  await page.mouse.down()
  await page.mouse.move(to.x + 10, to.y - 10, { steps: 12 })
  await page.mouse.up()
  assert.equal(await chainText(page), 'flip(vertical)|sepia(0.8)|invert')
})

tabTest('what is shown follows the filters, and a slider', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  assert.equal(await colours(page), null, 'nothing is filtered yet')
  await add(page, 'saturation')
  const slider = page.getByRole('slider', { name: 'Amount' })
  await slider.focus()
  await page.keyboard.press('Home')
  await shown(page, grey)
  assert.equal(await chainText(page), 'saturation(-100)')
  await page.keyboard.press('End')
  await shown(page, ([red, green]) => green - red > 20)
  await page.getByRole('button', { name: 'Remove saturation' }).click()
  await page.locator('#after').waitFor({ state: 'hidden' })
})

tabTest('text becomes filters, and filters text and a line of curl', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await page.getByText('As text').click()
  await page.locator('#chain-text').fill('resize(800, mode=cover, height=600) | text("a, b)", size=40)|grayscale')
  assert.deepEqual(await page.locator('.step h3').allInnerTexts(), ['resize', 'text', 'grayscale'])
  assert.equal(await page.locator('.step').nth(0).getByLabel('Height, pixels').inputValue(), '600')
  assert.equal(await page.locator('.step').nth(1).getByRole('textbox', { name: 'Text', exact: true }).inputValue(), 'a, b)')
  await shown(page, grey)
  const height = page.locator('.step').nth(0).getByLabel('Height, pixels')
  await height.fill('500')
  assert.equal(await chainText(page), 'resize(800, height=500, mode=cover)|text("a, b)", size=40)|grayscale')
  const line = await page.locator('#curl').innerText()
  assert.equal(line, `curl -F image=@photo.jpg --form-string 'filters=${await chainText(page)}' ${url}/images`)
})

tabTest('the original is seen while it is asked for', {}, async ({ page, url }) => {
  await open(page, url)
  await choose(page)
  await add(page, 'invert')
  await shown(page, () => true)
  const visible = () => page.locator('#after').evaluate(image => getComputedStyle(image).visibility)
  await page.getByRole('button', { name: /^Compare/ }).focus()
  await page.keyboard.down('Space')
  assert.equal(await visible(), 'hidden')
  await page.keyboard.up('Space')
  assert.equal(await visible(), 'visible')
  const between = page.getByRole('slider', { name: 'How much of the picture is shown as it was' })
  await between.focus()
  await page.keyboard.press('End')
  assert.equal(await page.locator('#after').evaluate(image => getComputedStyle(image).clipPath), 'inset(0px 0px 0px 100%)')
})

tabTest('a picture that is closed leaves nothing at the service', {}, async ({ page, url }) => {
  const placed = []
  page.on('response', async response => {
    if (response.request().method() === 'POST' && response.status() === 202) placed.push(response.json())
  })
  await open(page, url)
  await choose(page)
  await add(page, 'invert')
  await shown(page, () => true)
  await page.getByRole('button', { name: 'Close this picture' }).click()
  await page.getByRole('button', { name: 'Choose pictures' }).waitFor()
  const ids = (await Promise.all(placed)).map(task => task.id)
  assert.ok(ids.length >= 2)
  await page.waitForFunction(() => JSON.parse(localStorage[Object.keys(localStorage).find(each => each.endsWith(' owed'))]).length === 0)
  for (const id of ids) assert.equal((await fetch(`${url}/tasks/${id}`)).status, 410)
})
