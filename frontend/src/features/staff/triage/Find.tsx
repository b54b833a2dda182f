// A field to look something up in the panel. Rendered by Merge.tsx and LinkProduct.tsx.
import styles from './Triage.module.css'

interface FindProps {
  label: string
  onFind: (q: string) => void
}

export function Find({ label, onFind }: FindProps) {
  return (
    <form
      role="search"
      aria-label={label}
      className={styles.find}
      onSubmit={(event) => {
        event.preventDefault()
        onFind(String(new FormData(event.currentTarget).get('q') ?? '').trim())
      }}
    >
      <label>
        {label} <input name="q" type="search" autoComplete="off" maxLength={100} />
      </label>
      <button type="submit" className="button">
        Find
      </button>
    </form>
  )
}
