// What becomes of the tasks of the list, as their records tell.

import { plain, Refusal } from './api.js'
import { alarm, say } from './say.js'
import { changeTask, taskOf, UNDER_WAY } from './tasks.js'
import { watch } from './watch.js'

const watched = new Map()

/** Follows a task until it has ended. `picture`, if it is still open, need not be sent again then. */
export function follow(key, picture) {
  const { id } = taskOf(key)
  if (!watched.has(key)) watched.set(key, watch(id, task => heard(key, id, task, picture)))
}

/** Does not follow it any longer. */
export function leave(key) {
  watched.get(key)?.()
  watched.delete(key)
}

function heard(key, id, task, picture) {
  // Another tab may know more already.
  if (!UNDER_WAY.has(taskOf(key)?.state)) return leave(key)
  if (task instanceof Refusal) changeTask(key, { state: 'gone', problem: plain(task), task: null })
  // With its id, which another tab that wrote at the same moment may have overwritten.
  else changeTask(key, { id, tried: false, state: task.status, task: { results: task.results, image: task.image } })
  const { name, state } = taskOf(key) ?? { state: 'forgotten' }
  if (UNDER_WAY.has(state)) return
  watched.delete(key)
  if (picture && state === 'done') picture.image = task.image.id
  if (state === 'done') say(`${name} is done. Its link is in the list of your pictures.`)
  else if (state === 'failed') alarm(`${name} could not be filtered.`)
}
