// Where the pages that are texts meet the rest of the shop. Loaded when one of them is opened.
import { SellerAddress } from '../components/SellerAddress'
import { ContentPage } from '../features/pages/ContentPage'
import { NotFoundPage } from './NotFoundPage'

/** What the texts have from the shop's settings. */
const slots = { seller: SellerAddress }

export function ContentRoute() {
  return <ContentPage NotFound={NotFoundPage} slots={slots} />
}
