// What the browser keeps for this page. Pages of other services under the same host have places of their own, by their path.

const NAME = `imgfilter ${new URL('./', document.baseURI).pathname}`

/** Reads and writes JSON under a name; a browser that keeps nothing is one that forgets. */
export function place(what, storage = () => localStorage) {
  const name = `${NAME} ${what}`
  return {
    name,
    read(otherwise) {
      try {
        return JSON.parse(storage().getItem(name)) ?? otherwise
      } catch {
        return otherwise
      }
    },
    write(value) {
      try {
        storage().setItem(name, JSON.stringify(value))
        return true
      } catch {
        return false
      }
    },
    clear() {
      try {
        storage().removeItem(name)
      } catch {
        // A browser that keeps nothing has nothing to forget.
      }
    },
  }
}
