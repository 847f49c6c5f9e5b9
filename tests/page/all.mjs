// All tests of the pages, in one process: they share a browser, and run one after the other.

import { readdirSync } from 'node:fs'

const files = readdirSync(new URL('.', import.meta.url))
for (const file of files.filter(name => name.endsWith('.test.mjs')).sort()) await import(`./${file}`)
