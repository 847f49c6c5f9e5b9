// A value that tells those who asked when it changes.

export function signal(value) {
  const hearers = new Set()
  return {
    get value() {
      return value
    },
    set value(next) {
      if (next === value) return
      value = next
      for (const hear of [...hearers]) hear(next)
    },
    /** Calls `hear` now and after each change; returns a function that ends it. */
    on(hear) {
      hearers.add(hear)
      hear(value)
      return () => hearers.delete(hear)
    },
  }
}
