// A way to the service that can be cut: connections break in the middle, and none is made until it is mended. It can also lose or
// keep back what the service answers to a picture.

import { connect, createServer } from 'node:net'
import { after } from 'node:test'
import { URL_HERE } from './browser.mjs'

// More than the page sends for anything but a picture that was ordered.
const PICTURE_BYTES = 150_000

const target = new URL(URL_HERE)
const sockets = new Set()
let whole = true
let gate = null

const server = createServer(client => {
  if (!whole) return client.destroy()
  const service = connect(target.port, target.hostname)
  for (const [from, to] of [[client, service], [service, client]]) {
    sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  client.pipe(service)
  let sent = 0
  client.on('data', bytes => { sent += bytes.length })
  service.on('data', async bytes => {
    service.pause()
    if (gate && sent > PICTURE_BYTES) await gate.answer(client, bytes)
    sent = 0
    if (client.writable) client.write(bytes)
    service.resume()
  })
  service.on('end', () => client.end())
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
after(() => server.close())

/** The service by this way: another address than the one that it calls its own. */
export const URL_RELAYED = `http://127.0.0.1:${server.address().port}`

/** The way as one page has it: slow, cut or whole. */
export async function wayOf(page) {
  const context = page.context()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  whole = true
  gate = null
  return {
    slow: bytesPerSecond => session.send('Network.emulateNetworkConditions',
      { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond }),
    async cut() {
      whole = false
      for (const socket of sockets) socket.destroy()
      await context.setOffline(true)
    },
    async mend() {
      whole = true
      await session.detach()
      await context.setOffline(false)
    },
    /** The next answer to a picture does not come whole: to one that does not come at all browsers ask again by themselves. */
    loseAnswer() {
      gate = { answer: async (client, bytes) => {
        gate = null
        client.end(bytes.subarray(0, -5))
      } }
    },
    /** The next answer to a picture comes when what this resolves to is called. */
    keepAnswer() {
      return new Promise(kept => {
        gate = { answer: () => new Promise(release => {
          gate = null
          kept(release)
        }) }
      })
    },
  }
}
