// Where the pages that are texts meet the rest of the shop. Loaded when one of them is opened.
import type { LoaderFunctionArgs } from 'react-router'
import { contentOf } from '../features/pages/content'
import { ContentPage } from '../features/pages/ContentPage'
import { NotFoundPage } from './NotFoundPage'

export const contentLoader = ({ params }: LoaderFunctionArgs) => contentOf(params.slug ?? '')

export function ContentRoute() {
  return <ContentPage NotFound={NotFoundPage} slots={{}} />
}
