// Where the carriers' own pages follow a parcel. Only a number that has the carrier's form is led to its page; a carrier that is
// not known here, or a number of another form, stays text. Called wherever a tracking number is shown.

interface Carrier {
  /** What staff write for it, in small letters. */
  names: string[]
  /** Of its numbers, in capital letters and without blanks. */
  form: RegExp
  page: (number: string) => string
}

/** Two letters, nine digits and a country: what postal services agreed on (UPU S10). */
const ofPost = (country: string) => `[A-Z]{2}\\d{9}${country}`

const carriers: Carrier[] = [
  {
    names: ['dhl', 'dhl paket', 'dhl parcel', 'dhl express'],
    form: new RegExp(`^(\\d{10,20}|J[A-Z]{1,3}[A-Z0-9]{8,32}|${ofPost('DE')})$`),
    page: (number) =>
      `https://www.dhl.com/global-en/home/tracking/tracking-parcel.html?tracking-id=${number}`,
  },
  {
    names: ['dpd'],
    form: /^\d{14}[A-Z0-9]?$/,
    page: (number) => `https://tracking.dpd.de/status/en_US/parcel/${number}`,
  },
  {
    names: ['gls'],
    form: /^(\d{11,14}|[A-Z0-9]{8})$/,
    page: (number) => `https://gls-group.eu/EU/en/parcel-tracking?match=${number}`,
  },
  {
    names: ['ups'],
    form: /^(1Z[A-Z0-9]{16}|T\d{10}|\d{9}|\d{12})$/,
    page: (number) => `https://www.ups.com/track?tracknum=${number}`,
  },
  {
    names: ['fedex', 'fed ex'],
    form: /^(\d{12}|\d{15}|\d{20}|\d{22})$/,
    page: (number) => `https://www.fedex.com/fedextrack/?trknbr=${number}`,
  },
  {
    names: ['hermes'],
    form: /^(\d{14}|\d{16}|H\d{19})$/,
    page: (number) => `https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#${number}`,
  },
  {
    names: ['deutsche post', 'post (germany)'],
    form: new RegExp(`^(A0[A-F0-9]{18}|${ofPost('DE')})$`),
    page: (number) => `https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode=${number}`,
  },
  {
    names: ['usps'],
    form: new RegExp(`^(\\d{20}|\\d{22}|\\d{26}|\\d{30}|${ofPost('US')})$`),
    page: (number) => `https://tools.usps.com/go/TrackConfirmAction?tLabels=${number}`,
  },
  {
    names: ['japan post', 'jp post'],
    form: new RegExp(`^(\\d{11,12}|${ofPost('JP')})$`),
    page: (number) =>
      `https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1=${number}&locale=en`,
  },
  {
    names: ['royal mail'],
    form: new RegExp(`^(${ofPost('GB')}|[A-Z0-9]{16}|[A-Z0-9]{21})$`),
    page: (number) => `https://www.royalmail.com/track-your-item#/tracking-results/${number}`,
  },
  {
    names: ['la poste', 'colissimo'],
    form: new RegExp(`^(\\d[A-Z]\\d{11}|\\d{13}|\\d{15}|${ofPost('FR')})$`),
    page: (number) => `https://www.laposte.fr/outils/suivre-vos-envois?code=${number}`,
  },
  {
    names: ['swiss post', 'die post', 'post ch'],
    form: new RegExp(`^(\\d{18}|${ofPost('CH')})$`),
    page: (number) => `https://service.post.ch/ekp-web/ui/entry/search/${number}`,
  },
  {
    names: ['austrian post', 'österreichische post', 'post at'],
    form: new RegExp(`^(\\d{16}|\\d{22}|${ofPost('AT')})$`),
    page: (number) => `https://www.post.at/sv/sendungsdetails?snr=${number}`,
  },
]

/** Null where the carrier is not known, or does not give such numbers. */
export function trackingPage(carrier: string, tracking: string): string | null {
  const name = carrier.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  const number = tracking.replaceAll(/[\s-]/g, '').toUpperCase()
  const found = carriers.find(({ names, form }) => names.includes(name) && form.test(number))
  return found?.page(encodeURIComponent(number)) ?? null
}
