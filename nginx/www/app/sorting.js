// Putting list items in another order by their handle: drawn with a pointer, or by arrow keys.

/**
 * `placeOf` says where the item of a key is, `move` puts it elsewhere. While one is drawn the others make room for it: the drawn
 * element itself never leaves the document, or a finger would lose it.
 */
export function sorting(list, placeOf, move) {
  list.addEventListener('keydown', event => {
    const item = event.target.closest('.handle') && event.target.closest('li')
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!item || !way) return
    event.preventDefault()
    const key = Number(item.dataset.key)
    move(key, placeOf(key) + way)
    item.querySelector('.handle').focus()
  })
  list.addEventListener('pointerdown', event => {
    const handle = event.target.closest('.handle')
    if (handle && event.button === 0) draw(list, handle.closest('li'), event, move)
  })
}

function draw(list, item, start, move) {
  let from = start.clientY
  item.classList.add('drawn')
  const shift = event => {
    const { previousElementSibling: above, nextElementSibling: below } = item
    const offset = event.clientY - from
    if (above && offset < -above.offsetHeight / 2) {
      from -= above.offsetHeight
      item.after(above)
    } else if (below && offset > below.offsetHeight / 2) {
      from += below.offsetHeight
      item.before(below)
    }
    item.style.transform = `translateY(${event.clientY - from}px)`
  }
  const end = () => {
    removeEventListener('pointermove', shift)
    removeEventListener('pointerup', end)
    removeEventListener('pointercancel', end)
    item.classList.remove('drawn')
    item.style.transform = ''
    move(Number(item.dataset.key), [...list.children].indexOf(item))
  }
  addEventListener('pointermove', shift)
  addEventListener('pointerup', end)
  addEventListener('pointercancel', end)
}
