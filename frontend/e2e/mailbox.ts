// The mailbox of everybody in the test shop: a Maildir that its mail server fills.
import fs from 'node:fs'
import path from 'node:path'
import { expect } from '@playwright/test'

const folder = process.env.MAIL_FOLDER ?? path.join(import.meta.dirname, '../../.local/mail')

export function mailsTo(address: string): string[] {
  const arrived = path.join(folder, 'new')
  if (!fs.existsSync(arrived)) return []
  const names = fs.readdirSync(arrived)
  const mails = names.map((name) => fs.readFileSync(path.join(arrived, name), 'utf8'))
  return mails.filter((mail) => mail.includes(`To: ${address}`)).map(decoded)
}

/** Quoted-printable (RFC 2045): long lines are broken, and some characters are written as numbers. */
function decoded(mail: string): string {
  const whole = mail.replaceAll(/=\r?\n/g, '')
  return whole.replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}

/** Waits for a mail with this subject, and answers all of it. */
export async function mailTo(address: string, subject: string): Promise<string> {
  const found = () => mailsTo(address).find((mail) => mail.includes(`Subject: ${subject}`))
  await expect.poll(() => found() !== undefined, `${subject}, to ${address}`).toBe(true)
  return found() ?? ''
}

/** The path of the storefront that a mail leads to. */
export function linkIn(mail: string): string {
  const link = /https?:\/\/[^/\s]+(\/(?:account|requests|products)\/\S+)/.exec(mail)?.[1]
  if (link === undefined) throw new Error(`there is no link in ${mail}`)
  return link
}
