// What a person does on the page, and what there is to see then.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { PHOTO, WORK } from './browser.mjs'

/** The page, ready for a picture. */
export async function open(page, url) {
  await page.goto(`${url}/`)
  await page.getByRole('button', { name: 'Choose pictures' }).waitFor()
}

/** Chooses files and waits until the first looks are there. */
export async function choose(page, files = PHOTO) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose pictures' }).click()])
  await chooser.setFiles(files)
  await looksAreThere(page)
}

/** The first look has its own small picture, so the copy is at the service. */
export const looksAreThere = page => page.locator('.look:not(.pending)').nth(1).waitFor()

/** Adds a filter from the catalogue. */
export async function add(page, name) {
  await page.getByRole('button', { name: 'Add a filter' }).click()
  await page.getByLabel('Find a filter').fill(name)
  await page.locator('.entry:visible').filter({ has: page.getByText(name, { exact: true }) }).first().click()
}

/** The chain as the page would send it. */
export const chainText = page => page.locator('#chain-text').inputValue()

/** Orders, and waits until all entries of the list have ended well. */
export async function make(page, count = 1) {
  await page.locator('#make').click()
  await page.locator('.card.done').nth(count - 1).waitFor()
}

/** What is shown of the filtered picture, `{ src, colours }`: mean red, green and blue; none while it is not there. */
const sight = page => page.evaluate(() => {
  const image = document.querySelector('#after')
  const { src } = image
  if (image.hidden || !image.complete || !image.naturalWidth) return { src, colours: null }
  const canvas = new OffscreenCanvas(32, 32)
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0, 32, 32)
  const { data } = context.getImageData(0, 0, 32, 32)
  const colours = [0, 1, 2].map(channel => data.filter((_, index) => index % 4 === channel).reduce((sum, value) => sum + value) / 1024)
  return { src, colours }
})

/** The mean red, green and blue of what is shown of the filtered picture; nothing while it is not there. */
export const colours = async page => (await sight(page)).colours

/** Waits until what is shown satisfies `test`. */
export async function shown(page, test) {
  for (;;) {
    const { src, colours } = await sight(page)
    if (colours && test(colours)) return colours
    // A change of the picture is what there is to wait for.
    await page.waitForFunction(before => {
      const image = document.querySelector('#after')
      const there = !image.hidden && image.complete && image.naturalWidth > 0
      return image.src !== before.src || there !== before.there
    }, { src, there: colours !== null })
  }
}

/** A picture of noise, too large for one request. */
export function largePicture(name = 'large.bmp', width = 1900, height = 1600) {
  const row = width * 3
  const file = Buffer.alloc(54 + row * height)
  file.write('BM')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(height, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  for (let at = 54; at < file.length; at += 1) file[at] = (at * 2654435761) >>> 13 & 255
  assert.equal(row % 4, 0, 'rows of a BMP are whole words')
  const path = `${WORK}/${name}`
  writeFileSync(path, file)
  return path
}
