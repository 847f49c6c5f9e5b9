// What a person goes through at `/`, one state after the other: looked at by axe, and in pictures.

import { PHOTO } from './browser.mjs'

/** Each is `[name, how to come to it from the one before]`. `photo` is the picture that is opened. */
export const states = (photo = PHOTO) => [
  ['start', async (page, url) => {
    await page.goto(`${url}/`)
    await page.locator('#picker-results li').first().waitFor({ state: 'attached' })
  }],
  ['picture', async page => {
    await page.locator('#file').setInputFiles(photo)
    // Those that are in sight; "As it is" has no picture of its own.
    await page.locator('#looks .look:not(.pending)').nth(8).waitFor()
    await page.waitForFunction(() => [...document.querySelectorAll('#looks img')].slice(0, 9).every(image => image.complete && image.naturalWidth > 0))
  }],
  ['catalogue', async page => {
    await page.locator('#add-filter').click()
    await page.locator('#picker-search').fill('warm')
  }],
  ['chain', async page => {
    await page.locator('#picker-close').click()
    await page.getByRole('radio', { name: 'Film noir' }).click()
    for (const name of ['vignette', 'grain']) {
      await page.locator('#add-filter').click()
      await page.locator('#picker-search').fill(name)
      await page.keyboard.press('Enter')
    }
    await page.waitForFunction(() => document.querySelector('#after').naturalWidth > 0 && document.querySelector('#stage').ariaBusy === 'false')
  }],
  ['equation', async page => {
    await page.locator('#text-details summary').click()
    await page.locator('#chain-text').fill('equation(r = luma * 1.2, g = lume)')
    await page.locator('#text-place [aria-invalid=true]').waitFor()
  }],
  ['key', async page => {
    await page.locator('#chain-text').fill('look(noir)|vignette(40)')
    await page.locator('#key-open').click()
  }],
  ['done', async page => {
    await page.locator('#key-cancel').click()
    await page.locator('#make').click()
    await page.locator('.card.done .thumb img').waitFor({ timeout: 60_000 })
    await page.locator('#mine').scrollIntoViewIfNeeded()
  }],
  ['qr', async page => {
    await page.getByRole('button', { name: 'QR code' }).click()
    await page.locator('#qr-place svg').waitFor()
  }],
]
