// The filters, at the side of the list or in the sheet. Options and counts come from the server.
import { useId } from 'react'
import type { Facets } from '../../api/types'
import { SHOP_CURRENCY } from '../../components/money'
import { categories, categoryName } from './categories'
import type { Filters } from './filters'
import { bucketLabel } from './labels'
import styles from './FilterPanel.module.css'

interface FilterPanelProps {
  filters: Filters
  facets: Facets | undefined
  onChange: (change: Partial<Filters>) => void
}

export function FilterPanel({ filters, facets, onChange }: FilterPanelProps) {
  const name = useId()
  const inStock = facets?.availability.find(({ value }) => value === 'in-stock')?.count
  return (
    <div className={styles.panel}>
      <fieldset>
        <legend className={styles.legend}>Category</legend>
        <Choice
          name={`${name}-category`}
          label="All"
          checked={filters.category === null}
          onChoose={() => onChange({ category: null })}
        />
        {categorySlugs(facets, filters.category).map((slug) => (
          <Choice
            key={slug}
            name={`${name}-category`}
            label={categoryName(slug)}
            count={countOf(facets, slug)}
            checked={filters.category === slug}
            onChoose={() => onChange({ category: slug })}
          />
        ))}
      </fieldset>
      <fieldset>
        <legend className={styles.legend}>Price</legend>
        <Choice
          name={`${name}-price`}
          label="Any"
          checked={filters.minPrice === null && filters.maxPrice === null}
          onChoose={() => onChange({ minPrice: null, maxPrice: null })}
        />
        {(facets?.price ?? []).map(({ from, to, count }) => (
          <Choice
            key={from}
            name={`${name}-price`}
            label={bucketLabel(from, to, SHOP_CURRENCY)}
            count={count}
            checked={(filters.minPrice ?? 0) === from && filters.maxPrice === (to ?? null) && !isAny(filters)}
            onChoose={() => onChange({ minPrice: from, maxPrice: to ?? null })}
          />
        ))}
      </fieldset>
      <fieldset>
        <legend className={styles.legend}>Availability</legend>
        <label className={styles.choice}>
          <input
            type="checkbox"
            checked={filters.inStock}
            disabled={inStock === 0 && !filters.inStock}
            onChange={(event) => onChange({ inStock: event.target.checked })}
          />
          <span>In stock</span>
          {inStock !== undefined && <Count of={inStock} />}
        </label>
      </fieldset>
    </div>
  )
}

interface ChoiceProps {
  name: string
  label: string
  count?: number | undefined
  checked: boolean
  onChoose: () => void
}

function Choice({ name, label, count, checked, onChoose }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      {/* What would find nothing cannot be chosen. It keeps its place, so that the list stays still. */}
      <input
        type="radio"
        name={name}
        checked={checked}
        disabled={count === 0 && !checked}
        onChange={onChoose}
      />
      <span>{label}</span>
      {count !== undefined && <Count of={count} />}
    </label>
  )
}

function Count({ of }: { of: number }) {
  return (
    <span className={styles.count}>
      {of}
      <span className="visually-hidden">{of === 1 ? ' product' : ' products'}</span>
    </span>
  )
}

/** The shop's own order first, then whatever else the server knows. */
function categorySlugs(facets: Facets | undefined, chosen: string | null): string[] {
  const known = categories.map(({ slug }) => slug)
  const others = (facets?.category ?? []).map(({ value }) => value).filter((slug) => !known.includes(slug))
  return chosen === null || known.includes(chosen) || others.includes(chosen)
    ? [...known, ...others]
    : [...known, ...others, chosen]
}

function countOf(facets: Facets | undefined, slug: string): number | undefined {
  return facets === undefined ? undefined : (facets.category.find(({ value }) => value === slug)?.count ?? 0)
}

function isAny({ minPrice, maxPrice }: Filters): boolean {
  return minPrice === null && maxPrice === null
}
