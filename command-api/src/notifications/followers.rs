//! Who is told what became of a product request: a notice in their inbox, and a mail where it is worth one.
//!
//! Called by [`super::consumer`] for everything that it reads. Who follows a request is what its stream says up to the event, so that an
//! event that is heard again is told to the same people, and to nobody twice ([`crate::inbox`]).

use std::time::Duration;

use domain::product::Product;
use domain::product_request::{Kind, ProductRequest, ProductRequestEvent as E, Request};
use domain::{AggregateType, Event, OwnerId, RecordedEvent};
use event_store::Reader;
use event_store::aggregate::AggregateError;
use event_store::texts::Texts;
use serde::Deserialize;
use session::Sessions;
use time::OffsetDateTime;
use uuid::Uuid;

use super::announcement::Announcement;
use super::restock;
use crate::command_loop::{CommandError, Handle};
use crate::inbox::{Inbox, News};
use crate::mails::{Mail, RequestNews};

/// What is older is no news, as with [`crate::mails`].
const NEWS_FOR: Duration = Duration::from_hours(3 * 24);

#[derive(Clone)]
pub struct Followers {
    pub reader: Reader,
    pub texts: Texts,
    pub inbox: Inbox,
    /// Whoever has the shop open sees that there is something new.
    pub sessions: Sessions,
    pub commands: Handle,
}

/// What keeps somebody from being told. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum FollowersError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Product(#[from] AggregateError),
    #[error(transparent)]
    Command(#[from] CommandError),
}

#[derive(Deserialize)]
struct Payload {
    data: Named,
}

/// A payload of ours says so of every event.
#[derive(Deserialize)]
struct Named {
    id: Uuid,
    version: i64,
}

/// Who is told, under which name, and whether by mail as well.
struct Told {
    owners: Vec<OwnerId>,
    transition: String,
    mail: Option<RequestNews>,
}

#[cfg(test)]
impl Followers {
    /// Of a database of a test, with a loop and sessions of their own.
    pub async fn over(url: &str) -> Self {
        let redis = std::env::var("TEST_REDIS_URL")
            .expect("TEST_REDIS_URL names no Redis: run the tests with ./dev test");
        let key = session::GuestKey::parse(&session::DEVELOPMENT_KEY.to_owned().into())
            .expect("the key is long enough");
        let prefix = format!("{}:", Uuid::now_v7());
        let sessions =
            Sessions::connect(&redis, &prefix, session::CookieKind::Development, key).expect("Redis answers");
        let stores = crate::opening::stores(url).await.expect("PostgreSQL answers");
        Self {
            reader: stores.reader,
            texts: stores.texts,
            inbox: stores.inbox,
            sessions,
            commands: crate::command_loop::testing::loop_over(url),
        }
    }

    /// The whole log, as Kafka brings it.
    pub async fn hear_all(&self) {
        let log = self
            .reader
            .read_all(0, 100_000)
            .await
            .expect("the log can be read");
        let heard: Vec<Announcement> = log
            .iter()
            .map(|event| {
                let headers = domain::cloud_event::headers(event);
                let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
                Announcement::read(headers, event.payload.get().as_bytes())
                    .expect("what was stored can be read")
            })
            .collect();
        self.hear(&heard, OffsetDateTime::now_utc())
            .await
            .expect("everybody can be told");
    }
}

impl Followers {
    /// Tells everybody whom these events concern, and requests what has come.
    pub async fn hear(&self, heard: &[Announcement], now: OffsetDateTime) -> Result<(), FollowersError> {
        restock::tell(&self.reader, &self.commands, heard).await?;
        let oldest = now - NEWS_FOR;
        let of_requests = heard.iter().filter(|one| {
            one.recorded_at >= oldest && one.event_type.starts_with(AggregateType::ProductRequest.as_str())
        });
        for announcement in of_requests {
            match serde_json::from_str::<Payload>(&announcement.payload) {
                Ok(Payload { data }) => self.tell(data.id, data.version).await?,
                Err(error) => {
                    tracing::error!(%error, event_type = announcement.event_type, "nobody is told of an event that cannot be read");
                }
            }
        }
        Ok(())
    }

    async fn tell(&self, request: Uuid, version: i64) -> Result<(), FollowersError> {
        let history = self
            .reader
            .read_stream_up_to(AggregateType::ProductRequest, &request.to_string(), version)
            .await?;
        let Some((ProductRequest::Submitted(state), last, recorded)) = folded(&history) else {
            return Ok(());
        };
        let Some(told) = told(&state, &last, recorded.sequence) else {
            return Ok(());
        };
        let mail = match told.mail {
            Some(what) => Some(self.mail(request, &state, what).await?),
            None => None,
        };
        let news = News {
            request,
            transition: told.transition,
            happened_at: recorded.recorded_at,
            owners: told.owners.iter().map(|owner| owner.uuid()).collect(),
            mail,
        };
        for (owner, notice) in self.inbox.put(&news).await? {
            if let Err(error) = self.sessions.put_newest_notice(owner, notice).await {
                tracing::debug!(%error, "an open page is not told of a notice");
            }
        }
        Ok(())
    }

    async fn mail(&self, request: Uuid, state: &Request, what: RequestNews) -> Result<Mail, FollowersError> {
        let page = match (what, &state.sku) {
            (RequestNews::BackInStock, Some(sku)) => format!("/products/{sku}"),
            _ => format!("/requests/{request}"),
        };
        let about = self.about(state).await?;
        Ok(Mail::Request { page, what, about })
    }

    /// What it is called: by its own title, or by its product's name.
    async fn about(&self, state: &Request) -> Result<String, FollowersError> {
        if let Some(text) = state.text {
            let found = self.texts.find(&[text.uuid()]).await?.remove(&text.uuid());
            if let Some(title) = found.and_then(|text| text.title) {
                return Ok(title);
            }
        }
        if let Some(sku) = &state.sku {
            let (product, _) = self.reader.aggregate::<Product>(sku.as_str()).await?;
            if let Product::Known { details, .. } = product {
                return Ok(details.name);
            }
        }
        Ok("your request".to_owned())
    }
}

/// The request after the last of these events, that event, and what is recorded of it.
fn folded(history: &[RecordedEvent]) -> Option<(ProductRequest, E, &RecordedEvent)> {
    let (mut state, mut last) = (ProductRequest::default(), None);
    for recorded in history {
        match recorded.event() {
            Ok(Event::ProductRequest(event)) => {
                state.evolve(&event);
                last = Some((event, recorded));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "a request cannot be read by this release; nobody is told of it");
                return None;
            }
        }
    }
    last.map(|(event, recorded)| (state, event, recorded))
}

fn told(request: &Request, event: &E, sequence: i64) -> Option<Told> {
    let followers = || request.subscribers.keys().copied().collect::<Vec<_>>();
    let (owners, transition, mail) = match event {
        E::RequestPlanned {} => (followers(), "planned".to_owned(), Some(RequestNews::Planned)),
        E::RequestDeclined { .. } => (followers(), "declined".to_owned(), Some(RequestNews::Declined)),
        E::RequestFulfilled {} => (followers(), "fulfilled".to_owned(), Some(RequestNews::Fulfilled)),
        E::RequestMarkedDuplicate { .. } => {
            (followers(), "duplicate".to_owned(), Some(RequestNews::Duplicate))
        }
        E::StockAnnounced { customers, .. } => (
            customers.clone(),
            format!("back_in_stock:{sequence}"),
            Some(RequestNews::BackInStock),
        ),
        E::QuoteOffered { quote } => (
            vec![request.customer],
            format!("quoted:{}", quote.id),
            Some(RequestNews::Quoted),
        ),
        E::QuoteExpired { quote } => (
            vec![request.customer],
            format!("quote_expired:{quote}"),
            Some(RequestNews::QuoteExpired),
        ),
        E::RequestCommented { customer: None, text } => (
            followers(),
            format!("commented:{text}"),
            Some(RequestNews::Commented),
        ),
        // What others say is for whoever asked, and no mail.
        E::RequestCommented {
            customer: Some(author),
            text,
        } if *author != request.customer && request.kind != Kind::BackInStock => {
            (vec![request.customer], format!("commented:{text}"), None)
        }
        E::RequestHidden {} => (vec![request.customer], "hidden".to_owned(), None),
        E::RequestRestored {} => (vec![request.customer], "restored".to_owned(), None),
        E::RequestSubmitted { .. }
        | E::RequestSupported { .. }
        | E::SupportWithdrawn { .. }
        | E::RequestSubscribed { .. }
        | E::SubscriptionEnded { .. }
        | E::RequestCommented { .. }
        | E::RequestCancelled {}
        | E::RequestTriaged {}
        | E::ProductLinked { .. }
        | E::DuplicateMerged { .. }
        | E::CustomerErased { .. }
        | E::QuoteAccepted { .. }
        | E::QuoteDeclined { .. }
        | E::RenegotiationRequested { .. } => return None,
    };
    Some(Told {
        owners,
        transition,
        mail,
    })
}
