// How soon the large picture follows a slider that was moved.

import { createRequire } from 'node:module'

const { PAGE_URL, PAGE_PHOTO, PAGE_LIBRARIES } = process.env
const { chromium } = createRequire(`${PAGE_LIBRARIES}/`)('playwright-core')
const MOVES = 30

/** The chains that are tried: filters of the catalogue, the last of which has the slider. */
const CHAINS = [['saturation'], ['contrast', 'vignette', 'saturation'], ['blur']]

/** Moves the last slider by one step after the other, each once the picture has followed: the times, in ms. */
const follow = (page, moves) => page.evaluate(async moves => {
  const [after, slider] = [document.querySelector('#after'), [...document.querySelectorAll('#steps input[type=range]')].at(-1)]
  const times = []
  for (let move = 1; move <= moves; move += 1) {
    const followed = new Promise(done => after.addEventListener('load', done, { once: true }))
    const start = performance.now()
    slider.value = Number(slider.min) + (Number(slider.max) - Number(slider.min)) * move / (moves + 1)
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await followed
    times.push(performance.now() - start)
  }
  return times
}, moves)

async function add(page, name) {
  await page.locator('#add-filter').click()
  await page.locator('#picker-search').fill(name)
  await page.keyboard.press('Enter')
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' })
for (const chain of CHAINS) {
  const page = await browser.newPage()
  await page.goto(`${PAGE_URL}/`)
  await page.locator('#file').setInputFiles(PAGE_PHOTO)
  await page.locator('.look:not(.pending)').nth(1).waitFor()
  for (const name of chain) await add(page, name)
  await page.waitForFunction(() => document.querySelector('#after').naturalWidth > 0 && document.querySelector('#stage').ariaBusy === 'false')
  const times = (await follow(page, MOVES)).sort((one, other) => one - other)
  const [median, slow] = [0.5, 0.9].map(share => Math.round(times[Math.floor(share * MOVES)]))
  console.log(`preview of ${chain.join('|')} after a slider: median ${median} ms, nine of ten within ${slow} ms`)
  await page.close()
}
await browser.close()
