// What the cart says beside itself: spoken changes, and messages about what could not be done. Rendered by app/Shell.tsx.
import { useCart } from './CartContext'
import styles from './CartVoice.module.css'

export function CartVoice() {
  const { announcement, messages, dismiss } = useCart()
  return (
    <>
      <p className="visually-hidden" role="status" aria-label="Cart">
        {announcement}
      </p>
      <div className={styles.messages} role="alert">
        {messages.map(({ id, text }) => (
          <div key={id} className={styles.message}>
            <p>{text}</p>
            <button type="button" className="text-button" onClick={() => dismiss(id)}>
              Close
            </button>
          </div>
        ))}
      </div>
    </>
  )
}
