// The secret of a link from a mail. It stands behind the #, so that no server ever sees it in an address.
import { useEffect, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'

export interface OpenedLink {
  /** Empty: it is not in the address, which it is taken out of. */
  token: string
  /** Another link may be opened where the page of one stands: then only what is behind the # changes. */
  opened: number
}

/** Taken out of the address as soon as it is read, so that nobody hands it on with the address. */
export function useLinkToken(): OpenedLink {
  const { pathname, hash } = useLocation()
  const navigate = useNavigate()
  const [link, setLink] = useState({ hash, token: hash.slice(1), opened: 0 })
  if (hash !== link.hash) {
    setLink({
      hash,
      token: hash === '' ? link.token : hash.slice(1),
      opened: hash === '' ? link.opened : link.opened + 1,
    })
  }

  useEffect(() => {
    if (hash !== '') void navigate(pathname, { replace: true, state: { keepFocus: true } })
  }, [hash, pathname, navigate])
  return link
}
