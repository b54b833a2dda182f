import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Product } from '../../api/types'
import { Picture } from '../../components/picture/Picture'
import { Trouble } from '../../components/Trouble'
import { homeQuery } from './api'
import { categories } from './categories'
import { picturedFirst } from './order'
import { ProductGrid } from './ProductGrid'
import { HOME_HEADLINE, HOME_LEAD } from './words'
import styles from './HomePage.module.css'

const NEW = 4
const BACK = 4

export function HomePage() {
  const { data, isError, refetch } = useQuery(homeQuery())
  const fresh = data === undefined ? undefined : newest(data.items)
  const back =
    data === undefined ? undefined : backInStock(data.items.filter((item) => !fresh?.includes(item)))
  return (
    <>
      <title>Cartwright: well-made things for the home</title>
      <section className={`page ${styles.hero}`}>
        <div className={styles.words}>
          <h1 className={styles.headline}>{HOME_HEADLINE}</h1>
          <p className={styles.lead}>{HOME_LEAD}</p>
          <Link to="/shop" className="button">
            Shop all
          </Link>
        </div>
        <div className={styles.stillLife} aria-hidden="true">
          {heroPictures.map(({ drawing, colour, category }) => (
            <Picture
              key={drawing}
              drawing={drawing}
              colour={colour}
              category={category}
              name={category}
              decorative
              className={styles.heroPicture}
            />
          ))}
        </div>
      </section>

      <section className={`page ${styles.rooms}`} aria-labelledby="rooms">
        <h2 id="rooms" className="visually-hidden">
          Categories
        </h2>
        <ul className={styles.roomList}>
          {categories.map(({ slug, name, picture: [drawing, colour] }) => (
            <li key={slug} className={styles.room}>
              <Picture drawing={drawing} colour={colour} name={name} category={slug} decorative />
              <h3 className={styles.roomName}>
                <Link to={`/shop?category=${slug}`}>{name}</Link>
              </h3>
            </li>
          ))}
        </ul>
      </section>

      {isError && data === undefined ? (
        <div className="page">
          <Trouble title="The shelves did not load" onRetry={() => void refetch()}>
            Your cart is safe.
          </Trouble>
        </div>
      ) : (
        <>
          <Row id="new" title="New" more="/shop" products={fresh} />
          {back?.length !== 0 && <Row id="back" title="Back in stock" products={back} />}
        </>
      )}

      <section className={`page ${styles.creed}`}>
        <p>
          We would rather sell you one good cup than six that match. Everything here is chosen for how it
          wears, and most of it can be mended.
        </p>
      </section>
    </>
  )
}

const heroPictures = [
  { drawing: 'lamp', colour: 'moss', category: 'light' },
  { drawing: 'jug', colour: 'sky', category: 'table' },
  { drawing: 'watering-can', colour: 'rust', category: 'garden' },
]

interface RowProps {
  id: string
  title: string
  more?: string
  products: Product[] | undefined
}

function Row({ id, title, more, products }: RowProps) {
  return (
    <section className={`page ${styles.row}`} aria-labelledby={id}>
      <div className={styles.rowHeader}>
        <h2 id={id}>{title}</h2>
        {more !== undefined && (
          <Link to={more} className={styles.rowMore}>
            See all new products
          </Link>
        )}
      </div>
      <ProductGrid products={products} places={4} />
    </section>
  )
}

function newest(products: Product[]): Product[] {
  return picturedFirst(products).slice(0, NEW)
}

/** What was sold out and is there again, the latest first. */
function backInStock(products: Product[]): Product[] {
  const since = (product: Product) => product.back_in_stock_at ?? ''
  return products
    .filter((product) => since(product) !== '')
    .sort((one, other) => since(other).localeCompare(since(one)))
    .slice(0, BACK)
}
