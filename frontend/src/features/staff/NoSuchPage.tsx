// An address below /staff that names no page.
import { Link } from 'react-router'
import styles from './Staff.module.css'

export function NoSuchPage() {
  return (
    <div className={styles.page}>
      <title>No such page · Staff</title>
      <h1>There is no such page.</h1>
      <p>The address may be mistyped. Every page of the staff that your account may see is named above.</p>
      <p>
        <Link to="/staff" className={styles.way}>
          Go to the first of them
        </Link>
      </p>
    </div>
  )
}
