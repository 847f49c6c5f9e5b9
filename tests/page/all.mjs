// All tests of the pages, in one process: they share a browser, and run one after the other.

import { readdirSync } from 'node:fs'
import { after } from 'node:test'
import { closeBrowser } from './browser.mjs'

after(closeBrowser)

const files = readdirSync(import.meta.dirname ?? new URL('.', import.meta.url).pathname)
for (const file of files.filter(name => name.endsWith('.test.mjs')).sort()) await import(`./${file}`)
