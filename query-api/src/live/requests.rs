//! Which of somebody's product requests a stream has to send: those that changed since it began. That somebody else came to one
//! of them or left it is not told: with many people that would be all the time.

use std::collections::HashMap;

use read_model::life::is_guest;
use read_model::request::You;
use uuid::Uuid;

use crate::app::App;
use crate::board::{Board, complete};
use crate::problem::Problem;
use crate::wakes::{Listener, Topic};

/// Requests about which a stream is woken; it looks at the others by itself, like at all of them, every few seconds.
const MOST_HEARD: usize = 200;

/// What the reader knows.
#[derive(Default)]
pub struct Requests {
    /// None: nothing was looked at yet.
    known: Option<HashMap<Uuid, Seen>>,
    listener: Option<(Vec<Uuid>, Listener)>,
}

/// A request as it was told of.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: i64,
    you: You,
}

impl Requests {
    /// Returns when one of them may have news; never before the first look.
    pub async fn woken(&self) {
        match &self.listener {
            Some((_, listener)) => listener.woken().await,
            None => std::future::pending().await,
        }
    }

    /// The documents to be sent now, each with its id and version.
    pub async fn news(&mut self, app: &App, owner: Uuid) -> Result<Vec<(String, String)>, Problem> {
        // Who takes part has an account.
        if is_guest(owner) {
            return Ok(vec![]);
        }
        let mut theirs = app.views.requests_of(owner).await?;
        // What changes between listening and the look is seen by the look.
        if self.listen(app, owner, &theirs) {
            theirs = app.views.requests_of(owner).await?;
        }
        let now = |board: &Board| {
            let seen = theirs.into_iter().filter_map(|(id, you)| {
                let version = board.told(id)?;
                Some((id, Seen { version, you }))
            });
            seen.collect::<HashMap<Uuid, Seen>>()
        };
        let now = app.board.read(now).await?;
        let Some(known) = &mut self.known else {
            self.known = Some(now);
            return Ok(vec![]);
        };
        // Whoever has just left a request is told of that too: another tab may still show it.
        let left = known.keys().filter(|id| !now.contains_key(id)).copied();
        let changed = now.iter().filter(|(id, seen)| match known.get(id) {
            None => true,
            Some(before) => before.version < seen.version || before.you != seen.you,
        });
        let ids: Vec<Uuid> = changed.map(|(id, _)| *id).chain(left).collect();
        let mut news = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(request) = app.views.request(id, Some(owner)).await? else {
                continue;
            };
            let body = complete(&request.body, request.counts, request.you, "");
            news.push((format!("{id}-{}", request.version), body));
        }
        *known = now;
        Ok(news)
    }

    /// Listens to what somebody has to do with now. False: that is what was listened to before.
    fn listen(&mut self, app: &App, owner: Uuid, theirs: &HashMap<Uuid, You>) -> bool {
        let mut ids: Vec<Uuid> = theirs.keys().copied().collect();
        // The newest: ids grow with time.
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.truncate(MOST_HEARD);
        if self.listener.as_ref().is_some_and(|(heard, _)| *heard == ids) {
            return false;
        }
        let topics = ids.iter().copied().map(Topic::Request);
        let listener = app.wakes.listen(topics.chain([Topic::RequestsOf(owner)]));
        self.listener = Some((ids, listener));
        true
    }
}
