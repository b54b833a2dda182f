// The secret of a link from a mail. It stands behind the #, so that no server ever sees it in an address.
import { useEffect, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'

/** Taken out of the address as soon as it is read, so that nobody hands it on with the address. Empty: it is missing. */
export function useLinkToken(): string {
  const { pathname, hash } = useLocation()
  const navigate = useNavigate()
  const [token] = useState(() => hash.slice(1))

  useEffect(() => {
    if (hash !== '') void navigate(pathname, { replace: true, state: { keepFocus: true } })
  }, [hash, pathname, navigate])
  return token
}
