// The pages that are texts, as the footer lists them. The texts are Markdown files in frontend/content, one a page.

export interface PageLink {
  /** The name of the file, without .md. */
  slug: string
  name: string
}

export const helpPages: PageLink[] = [
  { slug: 'shipping-and-payment', name: 'Shipping and payment' },
  { slug: 'withdrawal', name: 'Right of withdrawal' },
  { slug: 'contact', name: 'Contact' },
]

export const aboutPages: PageLink[] = [
  { slug: 'imprint', name: 'Imprint' },
  { slug: 'terms', name: 'Terms' },
  { slug: 'privacy', name: 'Privacy' },
  { slug: 'accessibility', name: 'Accessibility' },
]
