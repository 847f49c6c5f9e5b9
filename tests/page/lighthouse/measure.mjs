// What Lighthouse thinks of the pages, and when something is seen first on a slow line. `make lighthouse` prints it; nothing is
// asserted, because it depends on the machine.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { PAGE_URL, PAGE_WORK, PAGE_LIGHTHOUSE, PAGE_LIBRARIES } = process.env
const { chromium } = createRequire(`${PAGE_LIBRARIES}/`)('playwright-core')
const PAGES = ['', 'docs', 'docs/filters']
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo']
// 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back: what Lighthouse calls slow 4G.
const LINE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 }
const TIMES = 5

/** One page by Lighthouse, as a telephone or a desk: marks, and what it has against the page. */
function lighthouse(path, preset) {
  const report = `${PAGE_WORK}/lighthouse/${path.replace('/', '-') || 'start'}-${preset}.json`
  mkdirSync(`${PAGE_WORK}/lighthouse`, { recursive: true })
  const command = [`${PAGE_LIGHTHOUSE}/node_modules/lighthouse/cli/index.js`, `${PAGE_URL}/${path}`, '--quiet', '--output=json',
    `--output-path=${report}`, `--only-categories=${CATEGORIES}`, '--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage',
    ...preset === 'desktop' ? ['--preset=desktop'] : []]
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', env: { ...process.env, CHROME_PATH: '/usr/bin/chromium' } })
  if (status !== 0) throw new Error(`lighthouse ended with ${status}: ${stderr}`)
  return JSON.parse(readFileSync(report, 'utf8'))
}

function tell(path, preset, { categories, audits }) {
  const marks = CATEGORIES.map(name => `${name} ${Math.round(categories[name].score * 100)}`).join(', ')
  console.log(`/${path} (${preset}): ${marks}; first contentful paint ${audits['first-contentful-paint'].displayValue}, ` +
    `largest ${audits['largest-contentful-paint'].displayValue}, blocking ${audits['total-blocking-time'].displayValue}`)
  for (const name of CATEGORIES) {
    for (const { id, weight } of categories[name].auditRefs) {
      const { score, title, displayValue = '' } = audits[id]
      if (weight > 0 && score !== null && score < 0.9) console.log(`    ${name}: ${title} ${displayValue}`)
    }
  }
}

/** When a browser that has nothing kept paints first, in ms; the processor is slowed down fourfold. */
async function firstPaint(browser, path) {
  const context = await browser.newContext()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', LINE)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto(`${PAGE_URL}/${path}`)
  const at = await page.evaluate(() => new Promise(done => {
    new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(each => done(each.startTime)))
      .observe({ type: 'paint', buffered: true })
  }))
  await context.close()
  return at
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' })
for (const path of PAGES) {
  const times = []
  for (let run = 0; run < TIMES; run += 1) times.push(await firstPaint(browser, path))
  times.sort((one, other) => one - other)
  console.log(`/${path}: first contentful paint on a slow line ${times.map(time => Math.round(time)).join(', ')} ms`)
}
await browser.close()
for (const path of PAGES) for (const preset of ['mobile', 'desktop']) tell(path, preset, lighthouse(path, preset))
