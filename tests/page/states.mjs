// What a person goes through at `/`, one state after the other: looked at by axe, and in pictures.

import { PHOTO } from './browser.mjs'

/** Each is `[name, how to come to it from the one before]`. */
export const STATES = [
  ['start', async (page, url) => {
    await page.goto(`${url}/`)
    await page.locator('#picker-results li').first().waitFor({ state: 'attached' })
  }],
  ['picture', async page => {
    await page.locator('#file').setInputFiles(PHOTO)
    await page.waitForFunction(() => document.querySelectorAll('#looks .look').length > 40
      && document.querySelectorAll('#looks .look:not(.pending)').length > 12)
  }],
  ['catalogue', async page => {
    await page.locator('#add-filter').click()
    await page.locator('#picker-search').fill('warm')
  }],
  ['chain', async page => {
    await page.locator('#picker-close').click()
    await page.getByRole('radio', { name: 'Film noir' }).click()
    for (const name of ['vignette', 'sharpen']) {
      await page.locator('#add-filter').click()
      await page.locator('#picker-search').fill(name)
      await page.keyboard.press('Enter')
    }
    await page.waitForFunction(() => document.querySelector('#after').naturalWidth > 0)
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
  }],
  ['qr', async page => {
    await page.getByRole('button', { name: 'QR code' }).click()
    await page.locator('#qr-place svg').waitFor()
  }],
]
