// Files that are being sent, kept by the browser until they have arrived: an upload goes on after the page was reloaded.

import { place } from './place.js'

const { name } = place('files')
const SHELF = 'files'

let opened

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(name, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(SHELF)
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => failed(asked.error)
  })
  return opened
}

async function shelf(mode, work) {
  const database = await open()
  return new Promise((done, failed) => {
    const change = database.transaction(SHELF, mode)
    const asked = work(change.objectStore(SHELF))
    change.oncomplete = () => done(asked.result)
    change.onabort = change.onerror = () => failed(change.error)
  })
}

// A browser that keeps no files (a private window, a full disk) cannot go on after a reload; sending works all the same.
const orNothing = promise => promise.catch(() => undefined)

export const keepFile = (key, file) => orNothing(shelf('readwrite', files => files.put(file, key)))
export const keptFile = key => orNothing(shelf('readonly', files => files.get(key)))
export const dropFile = key => orNothing(shelf('readwrite', files => files.delete(key)))

/** Drops what no one asks for any more: `wanted` tells of a key whether anybody does. */
export const dropUnwanted = wanted => orNothing(shelf('readwrite', files => {
  const all = files.getAllKeys()
  all.onsuccess = () => { for (const key of all.result) if (!wanted(key)) files.delete(key) }
  return all
}))
