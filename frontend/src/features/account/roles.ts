// What an account, or a key of it, may do.

export function roleInWords(role: string): string {
  switch (role) {
    case 'shopper':
      return 'Shopper: carts, orders, addresses'
    case 'staff':
      return 'Staff: products, stock, all orders'
    case 'analyst':
      return 'Analyst: reads orders, stock, codes'
    case 'ops':
      return 'Operations: webhooks and the audit log'
    default:
      return role
  }
}
