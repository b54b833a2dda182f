// Which numbers lead to which carrier's page. The numbers are examples of the carriers, or have their form.
import { describe, expect, it } from 'vitest'
import { trackingPage } from './carriers'

describe('a tracking number', () => {
  it.each([
    ['DHL', '00340434161094', 'https://www.dhl.com/', '00340434161094'],
    ['dhl  express', '1234567890', 'https://www.dhl.com/', '1234567890'],
    ['DHL', 'JJD 0003 4161 0940 4255', 'https://www.dhl.com/', 'JJD0003416109404255'],
    ['DPD', '01505012345678', 'https://tracking.dpd.de/', '01505012345678'],
    ['GLS', 'ZKJ3F1AB', 'https://gls-group.eu/', 'ZKJ3F1AB'],
    ['UPS', '1Z 999 AA1 01 2345 6784', 'https://www.ups.com/', '1Z999AA10123456784'],
    ['FedEx', '9612-0199-8765', 'https://www.fedex.com/', '961201998765'],
    ['Hermes', 'H1234567890123456789', 'https://www.myhermes.de/', 'H1234567890123456789'],
    ['Deutsche Post', 'RR123456789DE', 'https://www.deutschepost.de/', 'RR123456789DE'],
    ['USPS', '9400 1000 0000 0000 0000 00', 'https://tools.usps.com/', '9400100000000000000000'],
    ['Japan Post', 'EA123456789JP', 'https://trackings.post.japanpost.jp/', 'EA123456789JP'],
    ['Royal Mail', 'AB123456789GB', 'https://www.royalmail.com/', 'AB123456789GB'],
    ['La Poste', '6A12345678901', 'https://www.laposte.fr/', '6A12345678901'],
    ['Swiss Post', '990012345678901234', 'https://service.post.ch/', '990012345678901234'],
    ['Österreichische Post', '1234567890123456', 'https://www.post.at/', '1234567890123456'],
  ])('of %s, %s, leads to its page', (carrier, tracking, page, number) => {
    const link = trackingPage(carrier, tracking)
    expect(link?.startsWith(page)).toBe(true)
    expect(link).toContain(number)
    expect(new URL(link ?? '').protocol).toBe('https:')
  })

  it.each([
    ['a carrier that is not known', 'Pigeon Express', '00340434161094'],
    ['a name of every object', 'constructor', '00340434161094'],
    ['a number of another form', 'UPS', '00340434161094'],
    ['a number that is too short', 'DHL', '12345'],
    ['markup', 'DHL', '"><script>alert(1)</script>'],
    ['another address', 'DHL', '00340434161094&next=https://evil.example'],
    ['nothing', 'DHL', ''],
  ])('stays text where it is of %s', (_, carrier, tracking) => {
    expect(trackingPage(carrier, tracking)).toBeNull()
  })
})
