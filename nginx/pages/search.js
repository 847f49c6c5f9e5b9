// Hides what the words in the search field are not in. Without this script all is shown, and the browser's own search works.

const field = document.querySelector('#search')
const found = document.querySelector('#found')
const sections = [...document.querySelectorAll('main section')]

let texts
/** What a section says; all is read when it is searched first, and not while the page is still being painted. */
function textOf(section) {
  texts ??= new Map(sections.map(each => [each, `${each.dataset.search} ${each.textContent}`.toLowerCase()]))
  return texts.get(section)
}

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const section of sections) {
    section.hidden = !words.every(word => textOf(section).includes(word))
    const entry = document.querySelector(`.contents a[href="#${section.id}"]`)?.closest('li')
    if (entry) entry.hidden = section.hidden
  }
  const shown = sections.filter(section => !section.hidden).length
  found.textContent = words.length ? `${shown} of ${sections.length}` : ''
}

// A link to a section that is hidden shows it.
addEventListener('hashchange', () => {
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!section?.hidden) return
  field.value = ''
  search()
  section.scrollIntoView()
})
field.addEventListener('input', search)
field.closest('.search').hidden = false
// A browser that comes back to the page may have filled the field.
if (field.value) search()
