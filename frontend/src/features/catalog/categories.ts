// The six rooms of the shop, in the order in which they are shown.

export interface Category {
  slug: string
  name: string
  line: string
  /** What stands for the room on the home page: drawing and colour. */
  picture: readonly [string, string]
}

export const categories: readonly Category[] = [
  {
    slug: 'kitchen',
    name: 'Kitchen',
    line: 'For the stove, the board and the first coffee.',
    picture: ['kettle', 'ink'],
  },
  {
    slug: 'table',
    name: 'Table',
    line: 'Plates, bowls and glasses that like to be used.',
    picture: ['bowl', 'clay'],
  },
  { slug: 'desk', name: 'Desk', line: 'A place for the pen, and the pen.', picture: ['task-lamp', 'sun'] },
  {
    slug: 'garden',
    name: 'Garden',
    line: 'Pots and tools that can stay out in the rain.',
    picture: ['planter', 'rust'],
  },
  {
    slug: 'bath',
    name: 'Bath',
    line: 'Brushes, dishes and towels for slow mornings.',
    picture: ['brush', 'oak'],
  },
  {
    slug: 'light',
    name: 'Light',
    line: 'Lamps and candles for when the day is over.',
    picture: ['lantern', 'brass'],
  },
]

export function categoryName(slug: string): string {
  const known = categories.find((category) => category.slug === slug)
  return known?.name ?? slug.charAt(0).toLocaleUpperCase() + slug.slice(1).replaceAll('-', ' ')
}
