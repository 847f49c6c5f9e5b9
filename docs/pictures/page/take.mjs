// Takes the pictures of the page at `/` in each of its states: `make screenshots` runs it beside a service.

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { PHONE, URL_HERE, WORK, libraries } from '../../../tests/page/browser.mjs'
import { states } from '../../../tests/page/states.mjs'

const HERE = new URL('.', import.meta.url).pathname
const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { ...PHONE, colorScheme: 'light', deviceScaleFactor: 1.5 },
}
// What is worth a place in the repository; `all` as an argument takes each state in each view, into the folder named after it.
const KEPT = {
  light: ['start', 'chain', 'equation', 'done', 'qr', 'key'],
  dark: ['chain', 'catalogue'],
  phone: ['start', 'chain', 'done'],
}

const [all, folder] = process.argv.slice(2)
const { chromium } = libraries('playwright-core')
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' })
for (const [view, options] of Object.entries(VIEWS)) {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  for (const [state, reach] of states(`${HERE}/../coffee.jpg`)) {
    await reach(page, URL_HERE)
    if (!all && !KEPT[view].includes(state)) continue
    const [whole, small] = [`${WORK}/${state}.png`, `${folder ?? HERE}/${state}-${view}.webp`]
    await page.screenshot({ path: whole, animations: 'disabled' })
    execFileSync('convert', [whole, '-quality', '72', '-define', 'webp:method=6', small])
    rmSync(whole)
    console.log(small)
  }
  await context.close()
}
await browser.close()
