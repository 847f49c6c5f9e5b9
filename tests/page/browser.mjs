// A browser for the tests, and what no page of ours may ever do in it.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'

const { PAGE_FAILURES, PAGE_LIBRARIES } = process.env
/** Finds what package.json here names. */
export const libraries = createRequire(`${PAGE_LIBRARIES}/`)
const { chromium, firefox } = libraries('playwright-core')

/** The service, and the same behind a path; without a slash at the end. */
export const URL_HERE = process.env.PAGE_URL
export const URL_PREFIXED = process.env.PAGE_PREFIXED_URL
/** One that takes nothing without a key, a key, and a place at a push service. */
export const URL_KEYED = process.env.PAGE_KEYED_URL
export const KEY = process.env.PAGE_KEY
export const PUSH_ENDPOINT = process.env.PAGE_PUSH_ENDPOINT
/** A photograph of 1920 × 1200 pixels, and a folder for files. */
export const PHOTO = process.env.PAGE_PHOTO
export const WORK = process.env.PAGE_WORK

// Firefox as it is, by WebDriver BiDi: Playwright's own protocol needs a Firefox of its own.
const KINDS = {
  chromium: () => chromium.launch({ executablePath: '/usr/bin/chromium' }),
  firefox: () => firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr' }),
}

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

// Between two tests a browser lives on, and without any it ends: as long as it is there the process would not.
const IDLE_MS = 1000
const browsers = new Map()

/** The one browser of this kind: `chromium` or `firefox`. */
async function theBrowser(kind) {
  const known = browsers.get(kind) ?? { launched: KINDS[kind]() }
  browsers.set(kind, known)
  clearTimeout(known.idle)
  return known.launched
}

function mayEnd(kind) {
  const { launched, idle } = browsers.get(kind)
  clearTimeout(idle)
  browsers.set(kind, { launched, idle: setTimeout(async () => {
    browsers.delete(kind)
    await (await launched).close()
  }, IDLE_MS) })
}

/** What a page does that it must not: errors, requests to others, breaches of its policy. */
class Watch {
  faults = []
  requests = []
  // What a page erases may have been erased by another tab, or by the page that it takes the place of.
  #forgiven = [/status of 410 \(Gone\) \S+\/tasks\/\S+$/]

  /** Faults that this test causes on purpose, as the browser's console says them. */
  forgive(...patterns) {
    this.#forgiven.push(...patterns)
  }

  async listen(context, page, origin) {
    await context.exposeBinding('tellBreach', (_, breach) => this.faults.push(`policy: ${breach}`))
    await context.addInitScript(() => addEventListener('securitypolicyviolation', event =>
      window.tellBreach(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)))
    page.on('pageerror', error => this.faults.push(`error: ${error.stack ?? error}`))
    page.on('console', message => {
      if (message.type() === 'error') this.faults.push(`console: ${message.text()} ${message.location().url}`)
    })
    context.on('request', request => {
      this.requests.push(request.url())
      const url = new URL(request.url())
      if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) this.faults.push(`request: ${url}`)
    })
  }

  check() {
    const left = this.faults.filter(fault => !this.#forgiven.some(pattern => pattern.test(fault)))
    assert.deepEqual(left, [])
  }
}

/**
 * A test with a tab of its own, in a profile of its own. `body` gets { page, context, watch, url, t }; afterwards the page
 * must have kept to what every page keeps to. `options` are those of a browser context, `url`, the service to use, and
 * `kind`, the browser.
 */
export function tabTest(name, options, body) {
  test(name, { timeout: 180_000 }, async t => {
    const { url = URL_HERE, kind = 'chromium', ...own } = options
    const context = await (await theBrowser(kind)).newContext({ acceptDownloads: true, locale: 'en-GB', ...own })
    context.setDefaultTimeout(30_000)
    const page = await context.newPage()
    const watch = new Watch()
    await watch.listen(context, page, new URL(url).origin)
    try {
      await body({ page, context, watch, url, t })
      watch.check()
    } catch (error) {
      await keepPicture(page, name)
      throw error
    } finally {
      await context.close()
      mayEnd(kind)
    }
  })
}

async function keepPicture(page, name) {
  mkdirSync(PAGE_FAILURES, { recursive: true })
  const path = `${PAGE_FAILURES}/${name.replace(/\W+/g, '-')}.png`
  await page.screenshot({ path }).then(() => console.log(`# ${path}`), () => {})
}

/** Fails with a line for each fault that axe finds on the page as it is now; `rules` are all, or those to go by. */
export async function assertAccessible(page, rules) {
  await page.evaluate(libraries('axe-core').source)
  const { violations } = await page.evaluate(rules => window.axe.run(document, {
    runOnly: rules ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
  }), rules)
  const lines = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(node => `${id}: ${help}: ${node.target} ${node.failureSummary}`))
  assert.deepEqual(lines, [])
}
