// Where the pages that are texts meet the rest of the shop. Loaded when one of them is opened.
import { ContentPage } from '../features/pages/ContentPage'
import { NotFoundPage } from './NotFoundPage'

export function ContentRoute() {
  return <ContentPage NotFound={NotFoundPage} slots={{}} />
}
