// The six rooms of the shop, in the order in which they are shown.

export interface Category {
  slug: string
  name: string
  line: string
}

export const categories: readonly Category[] = [
  { slug: 'kitchen', name: 'Kitchen', line: 'For the stove, the board and the first coffee.' },
  { slug: 'table', name: 'Table', line: 'Plates, bowls and glasses that like to be used.' },
  { slug: 'desk', name: 'Desk', line: 'A place for the pen, and the pen.' },
  { slug: 'garden', name: 'Garden', line: 'Pots and tools that can stay out in the rain.' },
  { slug: 'bath', name: 'Bath', line: 'Brushes, dishes and towels for slow mornings.' },
  { slug: 'light', name: 'Light', line: 'Lamps and candles for when the day is over.' },
]

export function categoryName(slug: string): string {
  const known = categories.find((category) => category.slug === slug)
  return known?.name ?? slug.charAt(0).toLocaleUpperCase() + slug.slice(1).replaceAll('-', ' ')
}
