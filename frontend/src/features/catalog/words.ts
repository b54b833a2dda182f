// What the pages of the catalogue say first. Here, and not in the pages, because the build writes it into index.html as well.

export const HOME_HEADLINE = 'Made well enough to be kept.'
export const HOME_LEAD =
  'Cups, lamps, brushes, pots: the pieces that are in your hands every day, from people who make nothing else.'

export const ALL_TITLE = 'All products'
export const ALL_LINE = 'Everything for kitchen, table, desk, garden, bath and light.'
