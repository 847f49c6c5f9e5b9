// The chain that is being made: steps with keys of their own, and what it was before.

import { signal } from './signal.js'

const PAST = 200
// Changes of one value that follow each other are one thing to undo, as a slider that is drawn is.
const TOGETHER_MS = 900

let keys = 0
const keyed = ({ name, args }) => ({ key: ++keys, name, args })

export function makeChain() {
  const steps = signal([])
  const doable = signal({ undo: false, redo: false })
  let past = []
  let future = []
  let last = { what: '', when: 0 }

  function change(next, what = '') {
    const now = Date.now()
    const goesOn = what && what === last.what && now - last.when < TOGETHER_MS
    if (!goesOn) past = [...past, steps.value].slice(-PAST)
    last = { what, when: now }
    future = []
    settle(next)
  }

  function settle(next) {
    doable.value = { undo: past.length > 0, redo: future.length > 0 }
    steps.value = next
  }

  return {
    steps,
    doable,
    add(step) {
      const added = keyed(step)
      change([...steps.value, added])
      return added.key
    },
    remove: key => change(steps.value.filter(step => step.key !== key)),
    set(key, parameter, value) {
      const next = steps.value.map(step => step.key === key ? { ...step, args: { ...step.args, [parameter]: value } } : step)
      change(next, `${key} ${parameter}`)
    },
    /** Puts a step before the one that is now at `to`, or at the end. */
    move(key, to) {
      const next = [...steps.value]
      const from = next.findIndex(step => step.key === key)
      const [moved] = next.splice(from, 1)
      next.splice(to, 0, moved)
      if (next.some((step, index) => step !== steps.value[index])) change(next)
    },
    /** Another chain as a whole. Steps that are what they were keep their key, and so the place where the person is. */
    replace(list, what = '') {
      const old = [...steps.value]
      change(list.map(({ name, args }) => {
        const kept = old.findIndex(step => step.name === name)
        return kept < 0 ? keyed({ name, args }) : { ...old.splice(kept, 1)[0], args }
      }), what)
    },
    undo() {
      if (!past.length) return
      future.push(steps.value)
      last = { what: '', when: 0 }
      settle(past.pop())
    },
    redo() {
      if (!future.length) return
      past.push(steps.value)
      settle(future.pop())
    },
  }
}
