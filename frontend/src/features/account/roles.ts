// What an account, or a key of it, may do.

export function roleInWords(role: string): string {
  switch (role) {
    case 'shopper':
      return 'Shopper: carts, orders, addresses'
    case 'staff':
      return 'Staff: products, stock, orders of everybody'
    case 'analyst':
      return 'Analyst: reads orders, stock, codes'
    case 'ops':
      return 'Operations: webhooks, and what staff did'
    default:
      return role
  }
}
