// A service worker that shows what imgfilter pushes, and opens its link on a click. A page registers it from its own site:
// `navigator.serviceWorker.register('/push.js')`; whoever has a worker already calls importScripts() with it.

self.addEventListener('push', event => {
  const note = event.data.json()
  // What is sent again shows once: the tag is the same.
  const options = { body: note.body, tag: `${note.type} ${note.task ?? ''}`, data: { url: note.url } }
  event.waitUntil(self.registration.showNotification(note.title, options))
})

self.addEventListener('notificationclick', event => {
  event.notification.close()
  const { url } = event.notification.data
  if (url) event.waitUntil(self.clients.openWindow(url))
})
