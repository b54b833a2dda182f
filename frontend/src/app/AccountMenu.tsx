// What is behind "Account" in the header. Loaded when somebody who is signed in is about to open it.
import { useEffect, useRef, useState, type RefObject } from 'react'
import { Menu, MenuItem, Popover } from 'react-aria-components'
import { useNavigate } from 'react-router'
import { hasStaffRole } from '../api/session'
import { signOut } from '../features/account/api'
import styles from './AccountMenu.module.css'

interface AccountMenuProps {
  triggerRef: RefObject<HTMLButtonElement | null>
  roles: string[]
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
  onSignedOut: () => void
}

const places = [
  { id: '/account', name: 'Account' },
  { id: '/account/orders', name: 'Orders' },
  { id: '/account/requests', name: 'Requests' },
  { id: '/account/inbox', name: 'Inbox' },
]
const staffPlace = { id: '/staff', name: 'Staff' }
const SIGN_OUT = 'sign-out'

export default function AccountMenu({
  triggerRef,
  roles,
  isOpen,
  onOpenChange,
  onSignedOut,
}: AccountMenuProps) {
  const navigate = useNavigate()
  const [trouble, setTrouble] = useState<string | null>(null)
  const shown = hasStaffRole(roles) ? [...places, staffPlace] : places

  const menu = useRef<HTMLDivElement>(null)

  // Whoever opens a menu goes on in it, and comes back to its button.
  useEffect(() => {
    if (!isOpen) return
    const drawn = requestAnimationFrame(() => {
      menu.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus()
    })
    return () => cancelAnimationFrame(drawn)
  }, [isOpen])

  const leave = () => {
    setTrouble(null)
    signOut().then(onSignedOut, () => {
      setTrouble('You are still signed in: the shop did not answer. Please try again.')
      onOpenChange(true)
    })
  }
  return (
    <Popover
      triggerRef={triggerRef}
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      placement="bottom end"
      aria-label="Account"
      className={styles.panel ?? ''}
    >
      <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
      <Menu
        ref={menu}
        aria-label="Account"
        className={styles.menu ?? ''}
        onClose={() => onOpenChange(false)}
        onAction={(key) => {
          onOpenChange(false)
          if (key === SIGN_OUT) leave()
          else void navigate(String(key))
        }}
      >
        {shown.map(({ id, name }) => (
          <MenuItem key={id} id={id} className={styles.item ?? ''}>
            {name}
          </MenuItem>
        ))}
        <MenuItem id={SIGN_OUT} className={styles.item ?? ''}>
          Sign out
        </MenuItem>
      </Menu>
    </Popover>
  )
}
