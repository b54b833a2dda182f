import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Product, ProductPage } from '../../api/types'
import { Picture } from '../../components/picture/Picture'
import { Trouble } from '../../components/Trouble'
import { homeQuery } from './api'
import { categories } from './categories'
import { countLabel } from './labels'
import { ProductGrid } from './ProductGrid'
import styles from './HomePage.module.css'

const NEW = 4
const BACK = 4

export function HomePage() {
  const { data, isError, refetch } = useQuery(homeQuery())
  const back = data === undefined ? undefined : backInStock(data.items)
  return (
    <>
      <title>Cartwright: well-made things for the home</title>
      <section className={`page ${styles.hero}`}>
        <div className={styles.words}>
          <h1 className={styles.headline}>Made well enough to be kept.</h1>
          <p className={styles.lead}>
            Cups, lamps, brushes, pots: the things that are in your hands every day, from people who make nothing else.
          </p>
          <Link to="/shop" className="button">
            See everything
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
          {categories.map(({ slug, name }) => (
            <li key={slug} className={styles.room}>
              <RoomPicture slug={slug} page={data} />
              <h3 className={styles.roomName}>
                <Link to={`/shop?category=${slug}`}>{name}</Link>
              </h3>
              <p className={styles.roomCount}>{roomCount(slug, data)}</p>
            </li>
          ))}
        </ul>
      </section>

      {isError && data === undefined ? (
        <div className="page">
          <Trouble title="The shelves did not load" onRetry={() => void refetch()}>
            Your cart is safe. Please check your connection and try again.
          </Trouble>
        </div>
      ) : (
        <>
          <Row id="new" title="New" more="/shop" products={data?.items.slice(0, NEW)} />
          {back?.length !== 0 && (
            <Row id="back" title="Back in stock" more="/shop?in-stock=true" products={back} />
          )}
        </>
      )}

      <section className={`page ${styles.creed}`}>
        <p>
          We would rather sell you one good cup than six that match. Everything here is chosen for how it wears, and
          most of it can be mended.
        </p>
      </section>
    </>
  )
}

const heroPictures = [
  { drawing: 'lamp', colour: 'brass', category: 'light' },
  { drawing: 'mug', colour: 'stone', category: 'kitchen' },
  { drawing: 'pot', colour: 'terracotta', category: 'garden' },
]

interface RowProps {
  id: string
  title: string
  more: string
  products: Product[] | undefined
}

function Row({ id, title, more, products }: RowProps) {
  return (
    <section className={`page ${styles.row}`} aria-labelledby={id}>
      <div className={styles.rowHeader}>
        <h2 id={id}>{title}</h2>
        <Link to={more} className={styles.rowMore}>
          See all<span className="visually-hidden"> of {title.toLocaleLowerCase()}</span>
        </Link>
      </div>
      <ProductGrid products={products} places={4} />
    </section>
  )
}

function RoomPicture({ slug, page }: { slug: string; page: ProductPage | undefined }) {
  const product = page?.items.find(({ category, picture }) => category === slug && picture !== null)
  return (
    <Picture
      drawing={product?.picture?.drawing ?? null}
      colour={product?.picture?.colour ?? null}
      name={page === undefined ? ' ' : slug}
      category={slug}
      decorative
    />
  )
}

function roomCount(slug: string, page: ProductPage | undefined): string {
  if (page === undefined) return '\u00a0'
  return countLabel(page.facets.category.find(({ value }) => value === slug)?.count ?? 0)
}

/** What was sold out and is there again, the latest first. */
function backInStock(products: Product[]): Product[] {
  const since = (product: Product) => product.back_in_stock_at ?? ''
  return products
    .filter((product) => since(product) !== '' && product.availability !== 'out-of-stock')
    .sort((one, other) => since(other).localeCompare(since(one)))
    .slice(0, BACK)
}
