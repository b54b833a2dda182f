//! What is heard of one order, by whoever may see it.

use std::sync::Arc;

use axum::response::Response;
use read_model::order::Versions;
use uuid::Uuid;

use super::orders::is_newer;
use super::places::Place;
use super::{Gone, HEARTBEAT, LOOK, Reader, begin, event, every, heartbeat};
use crate::app::App;
use crate::right::Right;
use crate::visitor::Visitor;
use crate::wakes::Topic;

/// Begins a stream of the order `id` to `visitor`.
pub fn of_order(app: Arc<App>, right: Right, (id, visitor): (Uuid, Visitor), place: Place) -> Response {
    begin(&Arc::clone(&app), right, place, |reader| {
        let follower = Follower {
            app,
            id,
            visitor,
            sent: Versions::default(),
            reader,
        };
        follower.follow()
    })
}

/// Follows one order and sends what is new.
struct Follower {
    app: Arc<App>,
    id: Uuid,
    visitor: Visitor,
    sent: Versions,
    reader: Reader,
}

impl Follower {
    async fn follow(mut self) -> Gone {
        let order = self.app.wakes.listen([Topic::Order(self.id)]);
        let (mut look, mut heartbeat) = (every(LOOK), heartbeat(&self.app));
        if self.reader.greet().await.is_err() {
            return Gone;
        }
        loop {
            let sent = tokio::select! {
                () = order.woken() => self.look().await,
                _ = look.tick() => self.look().await,
                _ = heartbeat.tick() => self.reader.send(HEARTBEAT.to_owned()).await,
            };
            if sent.is_err() {
                return Gone;
            }
        }
    }

    async fn look(&mut self) -> Result<(), Gone> {
        match self.app.views.order(self.id).await {
            // A guest's, which an account has taken over: whoever reads it by itself is told that it is not there.
            Ok(Some(order)) if !self.visitor.may_see(&order) => Err(Gone),
            Ok(Some(order)) if is_newer(order.versions, self.sent) => {
                self.sent = order.versions;
                let body = String::from_utf8_lossy(&order.body);
                self.reader.send(event("order", Some(&order.tag()), &body)).await
            }
            Ok(_) => Ok(()),
            Err(problem) => {
                tracing::debug!(%problem, "a live stream cannot look at its order");
                Ok(())
            }
        }
    }
}
