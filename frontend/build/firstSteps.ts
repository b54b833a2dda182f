// What a browser does before the storefront's code is there. The function is written into a file of its own by build/shell.ts, as
// it stands here: it can use nothing but what it is given.

/**
 * Says in `data-page` which page of the shell is shown, and asks the page's first question, so that the answer comes along with the
 * code. It has to be the very address that the page asks for: src/app/firstSteps.test.ts looks after that.
 */
export function firstSteps(place: Pick<Location, 'pathname' | 'search'>, page: Document): void {
  const list = '/api/queries/products?currency=EUR&'
  const sku = /^\/products\/([A-Za-z0-9-]+)$/.exec(place.pathname)?.[1]
  const room = /^\?category=([a-z0-9-]+)$/.exec(place.search)?.[1]
  let name = 'other'
  let question = ''
  if (place.pathname === '/') {
    name = 'home'
    question = `${list}in-stock=true&sort=newest&limit=100`
  } else if (place.pathname === '/shop' && place.search === '') {
    name = 'all'
    question = `${list}sort=newest&limit=24`
  } else if (place.pathname === '/shop' && room !== undefined) {
    name = room
    question = `${list}sort=newest&category=${room}&limit=24`
  } else if (sku !== undefined) {
    name = 'product'
    question = `/api/queries/products/${sku}`
  }
  page.documentElement.dataset.page = name
  // Words that change their width would move the page: they are shown in their own letters, or with the page.
  page.fonts?.addEventListener('loadingdone', () => (page.documentElement.dataset.hasFonts = 'true'))
  if (question === '') return
  const link = page.createElement('link')
  link.setAttribute('rel', 'preload')
  link.setAttribute('as', 'fetch')
  link.setAttribute('crossorigin', 'anonymous')
  link.setAttribute('href', question)
  page.head.append(link)
}
