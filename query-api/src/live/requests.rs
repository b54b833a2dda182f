//! Which of somebody's product requests a stream has to send: those that changed since it began.

use std::collections::HashMap;

use uuid::Uuid;

use crate::app::App;
use crate::board::with_you;
use crate::problem::Problem;

/// The versions that the reader knows. None: the board was not looked at yet.
#[derive(Default)]
pub struct Requests(Option<HashMap<Uuid, i64>>);

impl Requests {
    /// The documents to be sent now, each with its id and version.
    pub async fn news(&mut self, app: &App, owner: Uuid) -> Result<Vec<(String, String)>, Problem> {
        let now: HashMap<Uuid, i64> = app.board.read(|board| {
            let theirs = board.of_owner(owner);
            theirs.map(|entry| (entry.id, entry.summary.version)).collect()
        })?;
        let Some(known) = &mut self.0 else {
            self.0 = Some(now);
            return Ok(vec![]);
        };
        // Whoever has just left a request is told of that too: another tab may still show it.
        let left = known.keys().filter(|id| !now.contains_key(id)).copied();
        let changed = now.iter().filter(|(id, version)| known.get(id) < Some(version));
        let ids: Vec<Uuid> = changed.map(|(id, _)| *id).chain(left).collect();
        let mut news = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(request) = app.views.request(id).await? else {
                continue;
            };
            let body = with_you(&request.body, &request.people, Some(owner), "");
            news.push((format!("{id}-{}", request.version), body));
        }
        *known = now;
        Ok(news)
    }
}
